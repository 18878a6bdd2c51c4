"""Finding a procedure, and what its start page says."""

import pytest

from tests.conftest import Browser

pytestmark = pytest.mark.anyio


async def test_the_home_page_greets_with_the_tenants_own_words(browse: Browser) -> None:
    text = (await browse("quang-ninh").get("/")).text
    assert "Một cửa Quảng Ninh" in text
    assert 'action="/procedures"' in text
    assert 'action="/track"' in text
    assert "Quảng Ninh one-stop service" in (await browse("quang-ninh").get("/?lang=en")).text


@pytest.mark.parametrize("query", ["ban sao so goc", "bansaosogoc", "Bản sao sổ gốc", "2.000908"])
async def test_plain_words_find_a_procedure(browse: Browser, query: str) -> None:
    answer = await browse("quang-ninh").get("/procedures", params={"q": query})
    assert "/procedures/2.000908" in answer.text


async def test_nothing_found_says_what_to_do(browse: Browser) -> None:
    answer = await browse("quang-ninh").get("/procedures", params={"q": "zzzzqqq"})
    assert "Hãy thử từ khác" in answer.text


async def test_markup_in_a_search_stays_text(browse: Browser) -> None:
    answer = await browse("quang-ninh").get("/procedures", params={"q": '"><script>1</script>'})
    assert "<script>1" not in answer.text


async def test_the_start_page_says_papers_fee_and_time_and_marks_sample_data(
    browse: Browser,
) -> None:
    text = (await browse("quang-ninh").get("/procedures/1.001776")).text
    assert "8 ngày làm việc" in text
    assert "Thay được bằng giấy tờ trong ví" in text
    assert "dữ liệu mẫu" in text
    assert (await browse("quang-ninh").get("/procedures/9.999999")).status_code == 404


async def test_the_national_office_has_no_portal(browse: Browser) -> None:
    client = browse("quoc-gia")
    for path in ("/procedures", "/track", "/procedures/2.000908", "/verify/ABC"):
        assert (await client.get(path)).status_code == 404
