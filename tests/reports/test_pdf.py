"""PDF reports as files: their texts, their accessibility, and the process that typesets them."""

import io
import re
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from pypdf import PageObject, PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from accounts.models import User
from jobs.errors import ResultTooLargeError, StoppedError
from polls.models import PollState
from reports.collecting import Report
from reports.pdf import typesetting
from reports.pdf.typesetting import TypesettingError, typeset
from reports.pdf.writing import write_pdf
from reports.writers import Language, Style
from tests.conftest import MakePoll
from tests.reports.invented import invent_poll, invent_report
from tests.reports.jobs import content_of, report, vote

HOSTILE = '#read("/etc/passwd") $x^2$ *bold* _it_ ] } \\u{41} <tag> @ref // `code` = 1'
LONG = "Donaudampfschifffahrt" * 9
CHINESE, JAPANESE, KOREAN = "北京烤鸭", "何を食べますか", "무엇을 먹을까요"
ARABIC, HEBREW, EMOJI = "ما رأيك؟", "שווארמה", "👍🏽"
# 24 mm.
BOTTOM_MARGIN_PT = 68
# Assigned, but no included font has it.
WITHOUT_GLYPH = "\U00012000"


def compile_report(report: Report, language: Language = Language.ENGLISH) -> bytes:
    file = io.BytesIO()
    style = Style(language=language, time_zone=ZoneInfo("Europe/Berlin"))
    with translation.override(language):
        write_pdf(report, style, file, lambda _share: None)
    return file.getvalue()


@pytest.fixture(scope="module")
def pdf() -> PdfReader:
    """A report with all that is difficult, compiled once."""
    polls = [
        invent_poll(HOSTILE, {HOSTILE: 3, LONG: 1}),
        invent_poll(JAPANESE, {CHINESE: 2, KOREAN: 1}, number=2, state=PollState.OPEN),
        invent_poll(ARABIC, {HEBREW: 2, EMOJI: 2}, number=3),
        invent_poll("Nobody?\nReally?", {"A": 0, "B": 0}, number=4, state=PollState.DRAFT),
    ]
    return PdfReader(io.BytesIO(compile_report(invent_report(*polls))))


def text_of(pdf: PdfReader, *, without_spaces: bool = False) -> str:
    """The text without the marks around and inside texts of people."""
    text = "\n".join(page.extract_text() for page in pdf.pages)
    text = re.sub("[\u200b\u2066-\u2069]", "", text)
    return re.sub(r"\s", "", text) if without_spaces else text


def root_of(pdf: PdfReader) -> Any:
    """The catalog, whose values pypdf gives without their types."""
    return pdf.trailer["/Root"]


def structure_of(pdf: PdfReader) -> list[Any]:
    """All elements of the structure tree, in the order in which they are read."""

    def walk(node: Any) -> Iterator[Any]:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, ArrayObject):
            for each in node:
                yield from walk(each)
        elif isinstance(node, DictionaryObject):
            if "/S" in node:
                yield node
            if "/K" in node:
                yield from walk(node["/K"])

    return list(walk(root_of(pdf)["/StructTreeRoot"]["/K"]))


def kinds_of(pdf: PdfReader) -> list[str]:
    return [str(each["/S"]) for each in structure_of(pdf)]


def places_of(text: str, page: PageObject) -> list[float]:
    """The distances from the left, in points, at which a text begins."""
    places: list[float] = []

    def visit(part: str, matrix: list[float], *_rest: Any) -> None:
        if part.strip() == text:
            places.append(matrix[4])

    page.extract_text(visitor_text=visit)
    return places


def is_pdf_ua(pdf: PdfReader) -> bool:
    metadata = root_of(pdf)["/Metadata"].get_object().get_data()
    return b"pdfuaid:part>1<" in metadata or b'pdfuaid:part="1"' in metadata


def test_texts_of_people_appear_as_they_are(pdf: PdfReader) -> None:
    text = text_of(pdf, without_spaces=True)
    # Contents, summary, overview, heading of the poll; chart and table.
    assert text.count(HOSTILE.replace(" ", "")) >= 6
    assert LONG in text
    assert "root:" not in text
    for each in (CHINESE, JAPANESE, KOREAN, "Nobody?Really?"):
        assert each.replace(" ", "") in text
    # Readers reorder right-to-left text in ways of their own.
    assert set(ARABIC + HEBREW) - {" "} <= set(text)


def test_the_pages_are_the_cover_contents_summary_and_a_page_per_poll(pdf: PdfReader) -> None:
    texts = [page.extract_text() for page in pdf.pages]
    headings = ["Report", "Contents", "Summary", "Poll 1 of 4", "Poll 2 of 4", "Poll 3 of 4"]
    headings += ["Poll 4 of 4", "How Tallyroom secures votes"]
    assert len(texts) == len(headings)
    for number, (heading, text) in enumerate(zip(headings, texts, strict=True), start=1):
        assert heading in text
        assert (f"Page {number} of 8" in text) is (number > 1)
    bookmarks = [entry for entry in pdf.outline if not isinstance(entry, list)]
    assert [each.title for each in bookmarks][::5] == ["Summary", "How Tallyroom secures votes"]
    # From the contents, the summary's highlights and the overview to the polls.
    links = [link for page in pdf.pages[1:3] for link in page.get("/Annots", [])]
    assert len(links) >= 4 + 3 + 4


def test_it_conforms_to_pdf_ua(pdf: PdfReader) -> None:
    root = root_of(pdf)
    assert is_pdf_ua(pdf)
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert pdf.metadata is not None
    assert (pdf.metadata.title, pdf.metadata.author) == ("Retreat – Report", "Tallyroom")
    assert pdf.metadata.creation_date is not None
    assert pdf.metadata.creation_date.isoformat() == "2026-11-29T12:00:00+00:00"


def test_screen_readers_get_headings_tables_and_descriptions_of_charts(pdf: PdfReader) -> None:
    kinds = kinds_of(pdf)
    levels = [int(kind[2:]) for kind in kinds if re.fullmatch(r"/H[1-6]", kind)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert levels.count(1) >= 3 + 4
    # The overview and the results of each poll.
    assert kinds.count("/Table") == 1 + 4
    assert kinds.count("/TH") == 4 + 4 * 3
    figures = [each for each in structure_of(pdf) if each["/S"] == "/Figure"]
    descriptions = [str(each["/Alt"]) for each in figures]
    assert sum(each.startswith("Bar chart.") for each in descriptions) == 3
    assert sum(each.startswith("Number of voters over time") for each in descriptions) == 3
    assert any(HOSTILE in each for each in descriptions)


def test_each_script_has_its_font(pdf: PdfReader) -> None:
    fonts: set[str] = set()
    for page in pdf.pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].values():
            fonts.add(str(font.get_object()["/BaseFont"]).split("+")[-1])
    names = " ".join(fonts)
    for script in ("Arabic", "Hebrew", "CJKjp", "CJKsc", "CJKkr", "Emoji"):
        assert script in names, names


def test_an_arabic_report_is_right_to_left_and_marked_as_arabic() -> None:
    content = compile_report(invent_report(invent_poll(ARABIC)), Language.ARABIC)
    pdf = PdfReader(io.BytesIO(content))
    assert root_of(pdf)["/Lang"] == "ar"
    assert is_pdf_ua(pdf)
    # A page is 595 points wide. Options are at its right, in the chart and in the table.
    assert min(places_of("Tea", pdf.pages[1])) > 450
    english = PdfReader(io.BytesIO(compile_report(invent_report(invent_poll(ARABIC)))))
    assert max(places_of("Tea", english.pages[1])[-2:]) < 100


def test_without_a_glyph_the_report_has_a_box_and_no_claim_of_pdf_ua() -> None:
    report = invent_report(invent_poll(f"Sign {WITHOUT_GLYPH}?"), is_workspace=False)
    pdf = PdfReader(io.BytesIO(compile_report(report)))
    assert not is_pdf_ua(pdf)
    assert root_of(pdf)["/MarkInfo"]["/Marked"]
    assert "/H1" in kinds_of(pdf)


def test_a_workspace_without_polls_says_so() -> None:
    pdf = PdfReader(io.BytesIO(compile_report(invent_report(), Language.GERMAN)))
    assert "Dieser Arbeitsbereich hat keine Umfragen." in text_of(pdf)
    assert root_of(pdf)["/Lang"] == "de"


@pytest.mark.django_db
def test_a_job_writes_the_report_on_a_poll(alice: User, bob: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    vote(bob, poll, 1)
    job = report(alice, format="pdf", pollId=poll.id, language="de", timeZone="America/New_York")
    assert (job.file.name, job.file.media_type) == ("Tea-or-coffee-report.pdf", "application/pdf")
    text = text_of(PdfReader(io.BytesIO(content_of(job))))
    assert "Coffee führt mit 100,0 %" in re.sub(r"\s+", " ", text)
    assert "America/New_York (UTC−" in text
    assert "stimmen mit diesen" in re.sub(r"\s+", " ", text)


# The process

ENDLESS = "#for outer in range(9999) { for inner in range(9999) { [#lorem(500)] } }"


def test_no_chart_reaches_into_the_margin() -> None:
    """Sections of every height, so that a chart comes to lie at the end of a page."""
    polls = [
        invent_poll("Which?", {f"Option {each}": each + 1 for each in range(count)}, number=count)
        for count in range(8, 20)
    ]
    pdf = PdfReader(io.BytesIO(compile_report(invent_report(*polls))))
    below: list[str] = []

    def visit(text: str, page: list[float], line: list[float], *_font: Any) -> None:
        y = page[1] * line[4] + page[3] * line[5] + page[5]
        if y < BOTTOM_MARGIN_PT and text.strip():
            below.append(text.strip())

    for page in pdf.pages:
        page.extract_text(visitor_text=visit)
    # The footers, without the times of a chart.
    assert below
    assert [text for text in below if re.search(r"\d\d:\d\d", text)] == []


DOCUMENT = {"createdAt": 0}


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Replaces the template."""
    folder = tmp_path / "template"
    folder.mkdir()
    monkeypatch.setattr(typesetting, "TEMPLATES", folder)

    def write(content: str) -> None:
        (folder / "report.typ").write_text(content)

    return write


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that were started."""
    started: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def remember(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(start(*args, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", remember)
    return started


def never() -> None:
    """A job that goes on."""


def test_a_stopped_job_kills_its_process_at_once(
    template: Callable[[str], None], processes: list[subprocess.Popen[bytes]]
) -> None:
    template(ENDLESS)
    file = io.BytesIO()

    def stop() -> None:
        assert processes[0].poll() is None
        raise StoppedError

    with pytest.raises(StoppedError):
        typeset(DOCUMENT, file, stop)
    assert processes[0].returncode == -9
    assert file.getvalue() == b""


@pytest.mark.parametrize(
    ("limit", "value"), [("CPU_S", 1), ("MEMORY_BYTES", 64 * 1024 * 1024), ("TIMEOUT_S", 0.0)]
)
def test_time_and_memory_are_limited(
    template: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    value: float,
) -> None:
    template(ENDLESS)
    monkeypatch.setattr(typesetting, limit, value)
    with pytest.raises(ResultTooLargeError, match="Choose XLSX"):
        typeset(DOCUMENT, io.BytesIO(), never)


def test_only_one_report_is_typeset_at_a_time(
    template: Callable[[str], None], processes: list[subprocess.Popen[bytes]]
) -> None:
    template("Text")

    def stop() -> None:
        raise StoppedError

    with typesetting._one_at_a_time, pytest.raises(StoppedError):
        typeset(DOCUMENT, io.BytesIO(), stop)
    assert processes == []
    typeset(DOCUMENT, io.BytesIO(), never)
    assert len(processes) == 1


@pytest.mark.parametrize("path", ["../secret.txt", "/../secret.txt", "/etc/passwd"])
def test_templates_read_no_file_outside_of_their_folder(
    template: Callable[[str], None], tmp_path: Path, path: str
) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    template(f'#read("{path}")')
    with pytest.raises(TypesettingError, match=r"would escape|not found"):
        typeset(DOCUMENT, io.BytesIO(), never)


def test_a_missing_font_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetting, "FONT_PACKAGES", ("no_such_fonts",))
    with pytest.raises(TypesettingError, match="no_such_fonts is not installed"):
        typeset(DOCUMENT, io.BytesIO(), never)
