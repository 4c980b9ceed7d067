"""What the coach reads in words: what it stops, what it doubts, and above all what it must let pass."""

from datetime import date, timedelta
from time import thread_time

import opencc
import pytest

from core.i18n import speaking
from rulebook import law, wording
from rulebook.law import rule, rules
from rulebook.tables import rows
from rulebook.wording import ADVICE, MESSAGES, MOST, check_text, fold

TODAY = date(2026, 11, 23)

PASS = {
    "sex": """男装店员 女装导购3名 本店诚招女装导购 男鞋女鞋理货 妇女用品促销 妇女节活动引导 妇女儿童用品 男科护士 男女不限 不限男女
        男、女均可 男女主播 限额男女不限 名额有限,男装店招人 时限女装上架 男士理发助理 男宾部保洁 女子会所保洁 男生宿舍保洁 女生宿舍打扫
        女儿国景区检票 儿女双全酒店服务员 女神节促销 男子篮球赛引导 女子足球赛检票 男性健康中心前台 女性用品导购 美女主播经纪助理
        要求男士穿西装,女士盘发 女士优先原则培训 不要求男女 招聘经理,需要男女""",
    "money": """不收押金 无需押金 零押金入职 0押金 押金全免 押金0元 免押金 不收任何押金、服装费、报名费和中介费 不收服装费 工装费全免
        无需缴纳任何费用 服装费由公司承担 体检费公司报销 老板包服装费 免费培训 收取客人押金并登记 办理入住,收退押金 核对客户押金
        客人需交押金200元 租客要先交押金 会员交费登记 提醒学员缴报名费 物业收费员 押运员 免押配车住 中介勿扰 非中介 体检免费,零押金入职
        需保证金额准确 先入职金融公司再轮岗 要保证金属件无毛刺 向客户先介绍费用""",
    "household": """不限户籍 户籍不限 不限本地户口 熟悉本地道路 会说本地话 本地生活推广 本地人才市场 限本市范围内配送 外地人也可 河南人家餐厅服务员
        广东人民医院保洁 不要错过 包邮范围:新疆的除外 配送本市,外地除外""",
    "age": """不招未满16周岁 未满16周岁勿扰 16周岁以下请勿报名 16岁以上 年满16周岁 年满18周岁 25岁以上 二十五岁以上 18-60岁 18岁以下勿投
        照顾3岁宝宝 辅导6-12岁儿童英语 3-6岁幼教 5岁以上儿童免票检票 学员12岁以上 15岁以下儿童游泳救生 初中生作业辅导 年龄不限
        35元以下商品理货 搬运25公斤以下货物 陪护80岁以下老人 限35岁以下(因潜水作业体检标准) 本店十周岁店庆促销
        招初中生物老师 招小学生活老师 招小学生晚托老师""",
    "health": """不查乙肝 严禁查乙肝 入职不检测乙肝 乙肝携带者可以 乙肝疫苗接种引导 残疾人优先 残疾人岗位 残疾人车辆不收费 不收残疾人停车费
        身体健康 身高不限 3米以上货架 限高1.8米以上车辆 1.5米以上儿童免票""",
    "belief": "民族不限 民族舞老师 少数民族优先 汉族舞蹈教学 不用少数民族语言 无宗教信仰要求 宗教用品店理货 星座运势编辑",
    "family": "婚育不限 婚纱摄影助理 已婚未婚均可 育婴师 不问婚育 婚礼现场布置 单身公寓保洁",
    "papers": "不扣押身份证 不押身份证 带身份证原件 出示身份证登记 检查证件 身份证读卡机测试 证件照摄影 检查遗留物品并上交证件 捡到身份证上交前台 不扣留证件",
    "work": """无培训贷 警惕培训贷 贷款专员 银行贷款培训讲师 拒绝刷单 非刷单 不是刷单 刷单勿扰 反刷单审核 处理刷单投诉 手机跑分测评 印刷单据整理
        清洗刷单个杯子 牙刷单品理货 高薪诚聘焊工8000元 形象设计助理 品牌形象店店员 礼宾员形象岗 形象整洁""",
    "contact": "微信小程序测试 微信公众号运营 企业微信客服 电话客服 订单号20261123000123 每天1.5小时 引导顾客扫码进群 不加微信",
}
STOP = {
    "sex": """限男 限女 限男性 只招女生 只要男的 男士优先 女士优先 女性勿扰 男的勿扰 不招女的 不要男生 谢绝女性 男服务员 女收银员2名
        招女工20名 女工若干 招聘女性 要求男性 性别：男 性别要求：女 男18-45岁 女，18-40岁 美女导购 茶叶女导购3名 招聘男普工女普工""",
    "marriage": "未婚未育 已婚已育优先 限未婚 孕妇勿扰 宝妈勿扰 三年内不得怀孕 入职需做孕检",
    "household": "限本地户口 仅限本市户籍 须有上海户口 只招本地人 外地人勿扰 不要外地人 不招外省人 农村户口免谈",
    "origin": "河南人勿扰 东北人免谈 不招新疆人 拒绝河南籍 只要四川人 仅限广东人",
    "hepatitis-b": "无乙肝 非乙肝携带者 查两对半 需提供表面抗原报告 无大三阳 乙肝勿扰 HBsAg阴性",
    "ethnicity": "限汉族 汉族优先 少数民族勿扰 不招维族 藏族的不要",
    "religion": "无宗教信仰 信教者勿扰 基督徒优先",
    "disability": "残疾人勿扰 不招残疾人 无残疾 聋哑人免谈",
    "deposit": "交押金200 需交押金 押金300元 押金：500 入职缴纳保证金 押金离职退 先交100元押金 需缴纳工服押金 入职每人交200元押金",
    "fee": "扣服装费 服装费200元 服装费自理 报名费50 需支付培训费 培训费从工资里扣 交中介费 缴纳建档费 需交300元服装费 要交材料费",
    "id-seizure": "扣押身份证 押身份证 身份证抵押 身份证原件上交 证件抵押 身份证押在公司",
    "training-loan": "培训贷 先培训后上岗需贷款 分期支付学费 培训费可分期 入职需办理贷款",
    "illegal-work": "刷单兼职 招刷单员 刷信誉 跑分兼职 收购银行卡",
    "under-16": "招童工 童工也可 招暑假工16岁以下 年满15周岁 15岁以上 十五岁以上可做 15-45岁 招初中生 招收在读初中生",
}
WARN = {
    "sex": "女技师 女主播 男教练 宝妈优先 阿姨优先",
    "marriage": "婚育状况",
    "household": "本地户口优先",
    "ethnicity": "回族优先 限回族",
    "disability": "四肢健全",
    "carrier": "无传染病",
    "appearance": "五官端正 身高165以上 身高1米7以上 形象好气质佳 颜值高",
    "zodiac": "属虎勿扰 处女座勿扰",
    "age-cap": "限35岁以下 35周岁以下 18-45岁 三十五岁以下 年龄不超过40岁 90后优先",
    "deposit": "押金 需要押金 押一周工资",
    "fee": "体检费自理",
    "bait": "日入千元 日入斗金 轻松月入过万 躺赚 高薪急招 上不封顶",
    "contact": """加微信 微信号abc12345 加V：abc123 vx同号 电话13812345678 138-1234-5678 １３８１２３４５６７８ 0512-57301234 扫码进群""",
    "under-16": "未成年也可",
}


def cases(table):
    return [(code, words) for code, line in table.items() for words in line.split()]


def told(text, field="conditions", on=TODAY):
    return {(found.level, found.code) for found in check_text(field, text, on)}


@pytest.mark.parametrize(("about", "words"), cases(PASS))
def test_lawful_words_pass(about, words):
    assert told(words) == set()


@pytest.mark.parametrize(("code", "words"), cases(STOP))
def test_barred_words_are_stopped(code, words):
    assert ("stop", code) in told(words)


@pytest.mark.parametrize(("code", "words"), cases(WARN))
def test_doubtful_words_are_doubted_and_no_more(code, words):
    assert told(words) == {("warn", code)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("诚聘店员，限 男，包吃", "限 男"),
        ("仅限-女", "限-女"),
        ("限．男", "限．男"),
        ("限・女・性", "限・女・性"),
        ("限\u200b男", "限\u200b男"),
        ("限\ufe0e男", "限\ufe0e男"),
        ("㎏㎏限男", "限男"),  # one sign that folds into two letters
        ("押🎈金３００", "押🎈金３００"),
        ("男性優先", "男性優先"),
        ("只要本地戶口的", "只要本地戶口"),
        ("HＢsAg", "HＢsAg"),
        ("限㊚", "限㊚"),
    ],
)
def test_the_span_marks_the_words_as_they_were_written(text, words):
    (found,) = check_text("conditions", text, TODAY)
    assert found.found == words
    assert text[slice(*found.span)] == words


def test_each_place_is_told_once_in_the_order_of_the_text():
    found = check_text("duties", "押金300元，限男，男士优先，押金300元", TODAY)
    assert [(each.code, each.found) for each in found] == [
        ("deposit", "押金300"),
        ("sex", "限男"),
        ("sex", "男士优先"),
    ]


def test_a_line_break_ends_a_word():
    assert told("名额有限 男装店") == set()
    assert told("先到先得\n限男") == {("stop", "sex")}
    assert told("每人上限\n男士两名") == set()


def test_words_between_a_negation_and_its_list_do_not_excuse_the_rest():
    assert told("不收押金，服装费200元") == {("stop", "fee")}
    assert told("不限经验，需交押金") == {("stop", "deposit")}
    assert told("男女不限，男士优先") == {("stop", "sex")}


def test_in_the_duties_hepatitis_may_be_the_work():
    assert told("负责乙肝检测样本登记", "duties") == {("warn", "hepatitis-b")}


def test_contact_numbers_do_not_hide_in_the_address():
    assert told("前进路1号 13812345678", "address") == {("warn", "contact")}
    assert told("前进路限男楼", "address") == set()


@pytest.mark.parametrize(
    ("age", "level"),
    [("15", "stop"), ("16", None), ("18", None), ("十五", "stop"), ("十六", None), ("5", "stop")],
)
def test_fifteen_is_too_young_sixteen_is_not(age, level):
    assert told(f"年满{age}周岁") == ({(level, "under-16")} if level else set())


@pytest.mark.parametrize(("age", "doubted"), [("59", True), ("60", False), ("五十九", True), ("六十", False)])
def test_an_age_limit_is_doubted_below_sixty(age, doubted):
    assert told(f"{age}岁以下") == ({("warn", "age-cap")} if doubted else set())


BEGINNINGS = [
    ("sex", "限男", date(2008, 1, 1)),
    ("marriage", "未婚未育", date(2008, 1, 1)),
    ("household", "限本地户口", date(2008, 1, 1)),
    ("origin", "河南人勿扰", date(2008, 1, 1)),
    ("hepatitis-b", "无乙肝", date(2008, 1, 1)),
    ("ethnicity", "限汉族", date(2008, 1, 1)),
    ("religion", "无宗教信仰", date(2008, 1, 1)),
    ("disability", "无残疾", date(2008, 1, 1)),
    ("deposit", "押金300", date(2008, 1, 1)),
    ("fee", "服装费200元", date(2008, 1, 1)),
    ("id-seizure", "扣押身份证", date(2004, 1, 1)),
    ("training-loan", "培训贷", date(2018, 10, 1)),
    ("illegal-work", "刷单兼职", date(2018, 10, 1)),
    ("bait", "躺赚", date(2018, 10, 1)),
    ("contact", "加微信", date(2026, 1, 13)),
    ("under-16", "招童工", date(1995, 1, 1)),
    ("age-cap", "35岁以下", date(2008, 1, 1)),
]


@pytest.mark.parametrize(("code", "words", "first"), BEGINNINGS)
def test_a_rule_speaks_from_its_first_day_on(code, words, first):
    assert told(words, on=first - timedelta(days=1)) == set()
    assert {each for _, each in told(words, on=first)} == {code}


def test_a_newer_article_is_named_from_its_day_on():
    before, after = (
        check_text("title", "限男", day)[0].rule for day in (date(2022, 12, 31), date(2023, 1, 1))
    )
    assert "妇女权益保障法" not in before
    assert "妇女权益保障法 43" in after


def test_a_place_may_switch_a_rule_off_or_make_it_harder(monkeypatch):
    table = [*rows("rules.csv")]
    base = next(row for row in table if row["code"] == "age-cap")
    table += [
        {**base, "region_code": "320000", "level": "off", "effective_from": "2026-06-01"},
        {**base, "region_code": "320500", "level": "stop", "effective_from": "2026-06-01"},
    ]
    monkeypatch.setattr(law, "rows", lambda _: table)
    law._rules.cache_clear()
    try:
        levels = {
            place: [found.level for found in check_text("title", "35岁以下", TODAY, place)]
            for place in ("", "310101", "320102", "320583")
        }
        assert levels == {"": ["warn"], "310101": ["warn"], "320102": [], "320583": ["stop"]}
        assert rule("age-cap", date(2026, 5, 31), "320102").level == "warn"
    finally:
        law._rules.cache_clear()


def test_every_pattern_names_a_rule_a_sentence_and_an_advice_and_is_tried_here():
    codes = {each.code for each in rules()}
    tried = {code for table in (STOP, WARN) for code in table}
    for pattern in wording._patterns():
        assert pattern.code in codes & set(MESSAGES) & tried, pattern.code
        assert pattern.advice in ADVICE
        assert all(pattern.needs), f"{pattern.words.pattern} would be searched for in every text"
    assert {pattern.advice for pattern in wording._patterns()} == set(ADVICE)
    assert {pattern.code for pattern in wording._patterns()} == set(MESSAGES)


def test_what_a_pattern_needs_is_in_everything_it_finds():
    for _, words in [*cases(STOP), *cases(WARN), *cases(PASS)]:
        folded, _places = fold(words)
        for pattern in wording._patterns():
            if pattern.words.search(folded):
                assert any(need in folded for need in pattern.needs), (words, pattern.words.pattern)


def test_every_sentence_is_told_in_chinese():
    with speaking("zh-Hans"):
        for _, words in [*cases(STOP), *cases(WARN)]:
            for found in check_text("conditions", words, TODAY):
                assert found.text != found.message
                assert found.advice not in {"", found.suggestion}


@pytest.mark.parametrize("way", ["s2t", "s2hk", "s2tw"])
def test_traditional_characters_do_not_help(way):
    convert = opencc.OpenCC(way).convert
    for code, words in cases(STOP):
        assert ("stop", code) in told(convert(words)), convert(words)


def test_folding_gives_each_letter_its_place():
    folded, places = fold("Ａ\u200b 限 １８-３５，㎏")
    assert folded == "a限18-35,kg"
    assert places == [0, 3, 5, 6, 7, 8, 9, 10, 11, 11]
    assert fold("") == ("", [])


@pytest.mark.parametrize(
    "text",
    [
        "男",
        "限",
        "不收",
        "押金",
        "不收押金、服装费和",
        "15岁",
        "1",
        "限 .-",
        "外地人不",
        "女优先限男，押金300元。",
    ],
)
def test_no_text_is_slow_and_none_makes_a_flood(text):
    def seconds(letters):
        long = (text * letters)[:letters]
        runs = []
        for _ in range(3):
            start = thread_time()
            assert len(check_text("conditions", long, TODAY)) <= MOST
            runs.append(thread_time() - start)
        return min(runs)

    # Four times the text, four times the work; a quadratic pattern would take sixteen times.
    assert seconds(8000) < 10 * max(seconds(2000), 0.0005)
    assert seconds(2000) < 0.05
