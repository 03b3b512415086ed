from dataclasses import replace

import pytest
from stockroom.catalog import Article, Groups
from stockroom.errors import Duplicate, Invalid, Unknown


@pytest.mark.parametrize("code", ["A-001", "APPLE-001", "APP-01", "app-001", "APP001", "APP-0000001"])
def test_bad_codes(code):
    with pytest.raises(Invalid):
        Article(code, "x")


def test_negative_price():
    with pytest.raises(Invalid):
        Article("APP-001", "x", price=-1)


def test_words(catalog):
    assert catalog.get("APP-001").words() == {"red", "apple", "fresh"}


def test_get_unknown(catalog):
    with pytest.raises(Unknown) as caught:
        catalog.get("ZZZ-999")
    assert caught.value.subject == "ZZZ-999"


def test_duplicate(catalog):
    with pytest.raises(Duplicate):
        catalog.add(Article("APP-001", "Other"))


def test_iterates_by_code(catalog):
    catalog.add(Article("AAA-001", "First"))
    assert [article.code for article in catalog][:2] == ["AAA-001", "APP-001"]
    assert len(catalog) == 5


def test_find(catalog):
    assert [a.code for a in catalog.find("apple")] == ["APP-001", "APP-002"]
    assert [a.code for a in catalog.find("app gre")] == ["APP-002"]
    assert catalog.find("apple bread") == []
    assert catalog.find("  ") == []


def test_find_prefers_whole_words(catalog):
    catalog.add(Article("AAA-001", "Apples"))
    assert [a.code for a in catalog.find("apple")] == ["APP-001", "APP-002", "AAA-001"]


def test_find_by_tag(catalog):
    assert [a.code for a in catalog.find("FRESH")] == ["APP-001"]


def test_remove(catalog):
    catalog.remove("APP-001")
    assert "APP-001" not in catalog
    assert [a.code for a in catalog.find("apple")] == ["APP-002"]
    assert catalog.find("red") == []


def test_replace(catalog):
    catalog.replace(replace(catalog.get("APP-001"), name="Blue plum"))
    assert catalog.find("red") == []
    assert [a.code for a in catalog.find("plum")] == ["APP-001"]


def test_in_group(catalog):
    assert len(catalog.in_group("food")) == 3
    assert catalog.in_group("food", deep=False) == []
    assert [a.code for a in catalog.in_group("food/fruit")] == ["APP-001", "APP-002"]
    with pytest.raises(Unknown):
        catalog.in_group("fo")


def test_next_code(catalog):
    assert catalog.next_code("APP") == "APP-003"
    assert catalog.next_code("NAIL") == "NAIL-101"
    assert catalog.next_code("NEW") == "NEW-001"


def test_groups():
    groups = Groups()
    assert groups.add("a / b/c") == "a/b/c"
    assert groups.above("a/b/c") == ["a/b", "a"]
    assert groups.below("a") == ["a/b", "a/b/c"]
    assert groups.depth("a/b") == 2
    assert "a/b" in groups and "b" not in groups


def test_groups_with_empty_parts():
    with pytest.raises(Invalid):
        Groups().add("a//b")
