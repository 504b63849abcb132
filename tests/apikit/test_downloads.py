"""Downloads and their file names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apikit.downloads import NAME_MAX_BYTES, Download, as_attachment, file_stem


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        ("Tea or coffee?", "Tea-or-coffee"),
        ("Straße & Öl", "Straße-Öl"),
        ("ما رأيك؟", "ما-رأيك"),
        ("क्या यह हिन्दी है?", "क्या-यह-हिन्दी-है"),
        ("お茶、それとも？", "お茶-それとも"),
        ("../../etc/passwd", "etc-passwd"),
        ('a"b\\c;d\r\ne:f|g', "a-b-c-d-e-f-g"),
        ("safe\u202efdp.exe", "safefdp-exe"),
        ("🎉 Party 🎉", "Party"),
        ("🎉", "poll"),
        ("...", "poll"),
        ("", "poll"),
    ],
)
def test_a_name_keeps_letters_of_any_script_and_nothing_else(text: str, stem: str) -> None:
    assert file_stem(text, "poll") == stem


@given(st.text())
def test_no_text_makes_a_dangerous_file_name(text: str) -> None:
    stem = file_stem(text, "poll")
    assert 0 < len(stem.encode()) <= NAME_MAX_BYTES
    assert all(each.isalnum() or each == "-" or not each.isascii() for each in stem)
    assert stem.strip("-. ") == stem


def test_a_long_name_is_cut_between_characters() -> None:
    stem = file_stem("ä" * 500, "poll")
    assert stem == "ä" * (NAME_MAX_BYTES // 2)


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("Tea.csv", 'attachment; filename="Tea.csv"'),
        ("Straße.csv", "attachment; filename*=utf-8''Stra%C3%9Fe.csv"),
    ],
)
def test_a_file_is_saved_and_never_shown(name: str, disposition: str) -> None:
    response = as_attachment(Download(name, "text/csv", b"x"))
    assert response.headers["Content-Disposition"] == disposition
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.content == b"x"
