"""The tree of regions, the place picker's search, and distances."""

import pytest

from rulebook.places import (
    children,
    county,
    distance_m,
    nearest_county,
    provinces,
    region,
    search_places,
    townships,
)

KUNSHAN = "320583"


def names(regions):
    return [place.name for place in regions]


def test_a_county_knows_its_city_its_province_and_its_full_name():
    kunshan = region(KUNSHAN)
    assert (kunshan.name, kunshan.level) == ("昆山市", "county")
    assert (kunshan.city_code, kunshan.province_code) == ("320500", "320000")
    assert kunshan.full_name == "江苏省苏州市昆山市"


def test_there_are_thirty_one_provinces():
    assert len(provinces()) == 31
    assert names(provinces())[:2] == ["北京市", "天津市"]


def test_going_down_the_tree_ends_in_townships():
    assert "苏州市" in names(children("320000"))
    assert "昆山市" in names(children("320500"))
    assert names(children(KUNSHAN)) == names(townships(KUNSHAN))
    assert children("320583102") == []


def test_districts_of_a_municipality_lie_right_below_it():
    assert names(children("110000"))[:2] == ["东城区", "西城区"]
    assert region("110101").full_name == "北京市东城区"


def test_a_county_governed_by_its_province_has_no_city():
    xiantao = county("429004")
    assert (xiantao.name, xiantao.city_code, xiantao.parent_code) == ("仙桃市", "", "420000")
    assert xiantao in children("420000")


def test_a_city_without_counties_is_its_own_county():
    assert county("441900").name == "东莞市"
    assert "南城街道" in names(children("441900"))


def test_every_region_can_be_reached_from_the_top():
    def below(code):
        return [code, *(deeper for place in children(code) for deeper in below(place.code))]

    reached = below("")
    assert len(reached) == len(set(reached)) > 44_000


def test_a_township_is_found_by_its_code_at_about_the_middle_of_its_county():
    zhoushi = region("320583102")
    assert (zhoushi.name, zhoushi.level, zhoushi.parent_code) == ("周市镇", "township", KUNSHAN)
    assert zhoushi.borrowed_point
    assert (zhoushi.lat, zhoushi.lon) == (region(KUNSHAN).lat, region(KUNSHAN).lon)


@pytest.mark.parametrize("code", ["", "999999", "320583999", "32058", "abc", "３２０５８３"])
def test_an_unknown_code_is_no_region(code):
    assert region(code) is None
    assert county(code) is None
    assert townships(code) == []


def test_a_city_is_no_county():
    assert county("320500") is None


def test_a_region_without_coordinates_borrows_those_above_and_says_so():
    park = region("320576")
    assert park.name == "苏州工业园区"
    assert park.borrowed_point
    assert (park.lat, park.lon) == (region("320500").lat, region("320500").lon)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("昆山", "江苏省苏州市昆山市"),
        ("昆山市", "江苏省苏州市昆山市"),
        ("江苏省苏州市昆山市", "江苏省苏州市昆山市"),
        ("昆山花桥", "江苏省苏州市昆山市花桥镇"),
        ("  昆山　花桥 ", "江苏省苏州市昆山市花桥镇"),
        ("北京", "北京市"),
        ("吉林", "吉林省"),
        ("吉林市", "吉林省吉林市"),
        ("东莞", "广东省东莞市"),
    ],
)
def test_search_finds_what_people_type(typed, first):
    assert search_places(typed)[0].full_name == first


@pytest.mark.parametrize("typed", ["", "   ", "亚特兰蒂斯", ".*", "%", "([", "^]-\\", "市" * 5000])
def test_search_for_nothing_real_finds_nothing(typed):
    assert search_places(typed) == []


def test_search_keeps_to_its_limit():
    assert len(search_places("市", limit=7)) == 7
    assert search_places("市", limit=0) == []


def test_the_nearest_county_of_its_own_middle_is_the_county():
    assert nearest_county(31.385, 120.955).code == KUNSHAN


def test_a_degree_of_latitude_is_111_kilometres():
    assert distance_m((31.0, 121.0), (32.0, 121.0)) == pytest.approx(111_195, abs=5)
    assert distance_m((31.0, 121.0), (31.0, 121.0)) == 0
    assert distance_m((0.0, 0.0), (0.0, 180.0)) == pytest.approx(20_015_115, abs=5)


def test_coordinates_are_wgs84_not_the_shifted_ones_of_chinese_maps():
    # The source has Beijing's 东城区 at 39.912916, 116.416718 in GCJ-02, which lies 500 m to the north-east.
    dongcheng = region("110101")
    assert distance_m((dongcheng.lat, dongcheng.lon), (39.91151, 116.41048)) < 5
