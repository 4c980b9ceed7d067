"""What the demo town is made of. Companies and people are invented; the townships and streets exist."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "data"
KUNSHAN = "320583"
ROUND_THE_CLOCK = "round-the-clock"
"""The kind of work that never stops: at any hour of the day two employers have people at it."""

TOWNSHIPS: dict[str, tuple[float, float, str]] = {
    "玉山镇": (31.385, 120.955, "人民南路 前进西路 柏庐南路 马鞍山中路 震川西路 萧林西路 北门路"),
    "巴城镇": (31.452, 120.866, "湖滨北路 学院路 祖冲之路 迎宾路 石牌相石路"),
    "周市镇": (31.452, 120.997, "长江北路 新镇路 青阳北路 横长泾路 金浦路"),
    "陆家镇": (31.318, 121.047, "菉溪路 金阳西路 联合路 友谊路 陆丰西路"),
    "花桥镇": (31.300, 121.083, "花安路 绿地大道 光明路 兆丰路 徐公桥路"),
    "张浦镇": (31.275, 120.944, "俱进路 花苑路 振新路 滨江南路 新吴街"),
    "千灯镇": (31.267, 121.004, "机场路 炎武北路 少卿西路 黄浦江南路 石浦西路"),
    "昆山开发区": (31.372, 121.005, "前进东路 长江南路 洪湖路 昆嘉路 东城大道 景王路"),
    "昆山旅游度假区": (31.178, 120.908, "锦溪普庆路 锦溪文昌路 周庄全福路 淀山湖双马路"),
}
"""Township → its middle (WGS-84, to a few hundred metres) and streets in it."""

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
MEN = (
    "伟 强 磊 军 勇 杰 涛 超 明 刚 建国 建军 志强 海波 文斌 俊杰 浩然 子轩 国庆 永康 "
    "家豪 立新 春林 德胜 金龙 宏伟 小龙 新民 天宇 卫东"
)
WOMEN = (
    "芳 娟 敏 静 丽 艳 霞 秀英 桂英 玉兰 春梅 晓燕 婷婷 雪梅 海燕 丽华 佳怡 雨欣 欣怡 梦瑶 "
    "红梅 凤英 美玲 小红 思琪 惠芳 月琴 爱华 彩虹 翠兰"
)

ID_PREFIXES = (
    "320583 320322 320830 320924 321324 341221 341225 341602 411425 "
    "411622 412726 371721 421122 360730 510923 522422 622421 610525"
)
"""Counties people of the town were registered in at birth: here, the north of Jiangsu, Anhui, Henan and farther."""

DISPUTES = (
    "实际干到晚上，少算了一小时",
    "说好包餐，结果扣了饭钱",
    "打卡晚了十分钟，扣了半小时",
    "加班的一小时没有算",
)
REJECTED = "执照照片看不清，名称与统一社会信用代码对不上"


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of gig that employers of one kind post again and again."""

    employer_kind: str
    trade_code: str
    title: str
    duties: str
    conditions: str
    pay: tuple[int, int]
    """Yuan an hour, from–to."""
    hours: tuple[tuple[str, float], ...]
    """Start on the wall clock and length in hours; some pass midnight."""
    places: tuple[int, int]
    settles: int
    meals: bool
    no_experience: bool


@dataclass(frozen=True, slots=True)
class Firm:
    """A name for an employer, and names for its sites."""

    kind: str
    name: str
    sites: tuple[str, ...]


def firms() -> list[Firm]:
    """The employers, in an order their licence states are given by."""
    return [Firm(row["kind"], row["name"], tuple(row["sites"].split())) for row in _rows("employers.csv")]


def works(employer_kind: str) -> list[Work]:
    """What employers of this kind have done."""
    return [work for work in _works() if work.employer_kind == employer_kind]


@cache
def _works() -> list[Work]:
    return [_read_work(row) for row in _rows("works.csv")]


def _read_work(row: dict[str, str]) -> Work:
    hours = (span.split("+") for span in row["hours"].split())
    return Work(
        row["employer_kind"],
        row["trade_code"],
        row["title"],
        row["duties"],
        row["conditions"],
        pay=(int(row["pay_from"]), int(row["pay_to"])),
        hours=tuple((clock, float(length)) for clock, length in hours),
        places=(int(row["places_from"]), int(row["places_to"])),
        settles=int(row["settles"]),
        meals=row["meals"] == "1",
        no_experience=row["no_experience"] == "1",
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
