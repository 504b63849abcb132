"""Word clouds, open texts and questions in the browser: voting, changing and presenting."""

from typing import Any

from playwright.async_api import Page, expect

from tests.browser.ballots import is_counted, take_back
from tests.browser.browsing import (
    PHONE,
    PROJECTOR,
    assert_accessible,
    assert_no_sideways_scrolling,
    until,
)
from tests.browser.conftest import Visitor
from tests.browser.polls import Asked, asking
from tests.browser.site import Site
from tests.browser.stage import present

# The words of a cloud, and where they are, in the unit of the layout.
CLOUD = """
() => Object.fromEntries([...document.querySelectorAll(".cloud-text")].map((word) => {
  const [x, y, scale] = word.style.transform.match(/[\\d.]+/g).map(Number);
  return [word.textContent, { x, y, scale }];
}))
"""
# Pairs of words of which one covers the other, by the boxes of their letters' middles.
OVERLAPPING = """
() => {
  const boxes = [...document.querySelectorAll(".cloud-text")].map((word) => {
    const { left, right, top, bottom } = word.getBoundingClientRect();
    const inset = (bottom - top) * 0.36;
    return { text: word.textContent, left, right, top: top + inset, bottom: bottom - inset };
  });
  return boxes.flatMap((one, index) => boxes.slice(index + 1)
    .filter((two) => one.left < two.right && two.left < one.right &&
      one.top < two.bottom && two.top < one.bottom)
    .map((two) => `${one.text} and ${two.text}`));
}
"""
FIRST_VOTE = ["Trust", "Fun", "صبر"]
LATER_VOTES = [["trust"], ["Trust", "🎉"], ["团队"]]


async def cloud_of(page: Page, *words: str) -> dict[str, dict[str, float]]:
    """Where the words are, once these are in the cloud."""
    await expect(page.locator(".cloud-text")).to_have_count(len(words))
    found: dict[str, dict[str, float]] = await page.evaluate(CLOUD)
    assert set(found) == set(words)
    return found


async def test_words_are_sent_changed_and_presented(visit: Visitor, site: Site) -> None:
    settings = {"maxWords": 3, "maxChars": 10}
    with asking(site, kind="word_cloud", options=[], settings=settings, allowChange=True) as poll:
        # Without motion, words are at once where they are going to be.
        stage = await present(visit, poll, device=PROJECTOR, reduced_motion="reduce")
        phone = await (await visit(device=PHONE)).open(poll.path)
        await send_words(phone)
        before = await cloud_of(stage.page, *FIRST_VOTE)
        for words in LATER_VOTES:
            poll.answer(*[{"text": word} for word in words])
        await expect(stage.page.locator(".cloud-count")).to_have_text("7 words from 4 people")
        after = await cloud_of(stage.page, *FIRST_VOTE, "🎉", "团队")
        # The largest keeps its place, and grows over the others.
        assert [after["Trust"][axis] for axis in "xy"] == [before["Trust"][axis] for axis in "xy"]
        assert after["Trust"]["scale"] > 1.5 * after["Fun"]["scale"]
        assert await stage.page.evaluate(OVERLAPPING) == []
        await change_words(phone)
        await expect(stage.page.locator(".cloud-list bdi")).to_have_text(
            ["Trust", "Fun", "joy", "团队", "🎉"]
        )
        await assert_accessible(phone)
        await assert_accessible(stage.page)
        await stage.press("t")
        await expect(stage.page.locator(".cloud-list")).to_be_in_viewport()
        poll.move("close")
        await expect(stage.page.locator("#note")).to_have_text("Most frequent: Trust")


async def send_words(phone: Page) -> None:
    """Fills in one field after another by the Enter key, the last of which sends."""
    fields = phone.locator("input[name=word]")
    await expect(fields.locator("visible=true")).to_have_count(1)
    await fields.first.fill("eleven char")
    await phone.locator("#cast").click()
    await expect(phone.locator("#refusal")).to_have_text("At most 10 characters are allowed.")
    await fields.first.fill("")
    await fields.first.focus()
    for word in FIRST_VOTE:
        await phone.keyboard.type(word)
        await phone.keyboard.press("Enter")
    await is_counted(phone)
    await expect(phone.locator(".words-chip")).to_have_text(FIRST_VOTE)
    await assert_no_sideways_scrolling(phone)


async def change_words(phone: Page) -> None:
    await phone.get_by_role("link", name="Change").click()
    await phone.locator("input[name=word]").nth(2).fill("joy")
    await phone.locator("#cast").click()
    await expect(phone.locator(".words-chip")).to_have_text(["Trust", "Fun", "joy"])


async def test_texts_are_sent_changed_and_presented(visit: Visitor, site: Site) -> None:
    with asking(site, kind="open_text", options=[], allowChange=True) as poll:
        stage = await present(visit, poll, device=PROJECTOR, reduced_motion="reduce")
        phone = await (await visit(device=PHONE)).open(poll.path)
        field, cards = phone.locator("textarea[name=text]"), stage.page.locator(".wall-text")
        # Seven code points, five of the units that people see.
        await field.fill("Hi 👩‍🚀!")
        await expect(phone.locator("#text-length")).to_have_text("5 of 250 characters")
        await phone.locator("#cast").click()
        await is_counted(phone)
        await expect(cards).to_have_text(["Hi 👩‍🚀!"])
        for text in ("Danke!", "Danke!", "A long answer. " * 16):
            poll.answer({"text": text})
        await expect(cards).to_have_text(
            ["A long answer. " * 15 + "A long answer.", "Danke!", "Hi 👩‍🚀!"]
        )
        await expect(stage.page.locator(".wall-times")).to_have_text("×2Sent by 2 people")
        await phone.get_by_role("link", name="Change").click()
        await field.fill("Later")
        await phone.locator("#cast").click()
        await expect(phone.locator(".wall-own")).to_have_text("LaterYour answer")
        await assert_accessible(phone)
        await reads_pages(stage.page, poll)
        await assert_accessible(stage.page)
        poll.move("close")
        await expect(stage.page.locator("#note")).to_have_text("14 answers")


async def reads_pages(stage: Page, poll: Asked) -> None:
    """While a later page is read, new cards wait."""
    for number in range(9):
        poll.answer({"text": f"{number} " + "long " * 30})
    cards, now = stage.locator(".wall-card"), stage.locator(".stage-pages-now")
    await expect(cards).to_have_count(12)
    await expect(now).to_contain_text("Page 1 of ")
    await expect(cards.first).to_be_in_viewport()
    # With the card of a text that several people sent on a later page.
    await assert_no_sideways_scrolling(stage)
    await stage.keyboard.press("ArrowRight")
    await expect(now).to_contain_text("Page 2 of ")
    await expect(cards.first).not_to_be_in_viewport()
    poll.answer({"text": "New"})
    await stage.get_by_role("button", name="1 new answer").click()
    await expect(cards.first).to_have_text("New")
    await expect(cards.first).to_be_in_viewport()


async def test_questions_are_asked_voted_for_and_presented(visit: Visitor, site: Site) -> None:
    with asking(site, kind="questions", options=[], allowChange=True) as poll:
        stage = await present(visit, poll, device=PROJECTOR, reduced_motion="reduce")
        phone, other = [await (await visit(device=PHONE)).open(poll.path) for _ in range(2)]
        await ask(other, "Why?")
        await ask(other, "Why not?")
        await expect(phone.locator(".question-text")).to_have_text(["Why?", "Why not?"])
        await toggles(phone, stage.page)
        # What is half typed stays, and nothing moves under the finger.
        await phone.locator("#option-text").fill("Half a quest")
        await ask(other, "When?")
        await expect(phone.locator("#questions-new")).to_have_text("1 new question")
        await expect(phone.locator(".question-text")).to_have_text(["Why?", "Why not?"])
        await expect(phone.locator("#option-text")).to_have_value("Half a quest")
        await expect(phone.locator("#option-text")).to_be_focused()
        await phone.locator("#questions-new").click()
        await expect(phone.locator(".question-text")).to_have_text(["Why not?", "Why?", "When?"])
        await decides(poll, stage.page)
        await assert_accessible(phone)
        await assert_no_sideways_scrolling(phone)
        await assert_accessible(stage.page)
        poll.move("close")
        await expect(stage.page.locator("#note")).to_have_text("3 questions, 1 answered")
        await expect(phone.locator("#option-form")).to_be_hidden()
        await expect(phone.locator(".question input").first).to_be_disabled()


# The policy of the page refuses the scripts of wait_for_function().
READY = """
() => new Promise((resolve) => new PerformanceObserver((list) => {
  if (list.getEntriesByName("ready").length) resolve();
}).observe({ type: "mark", buffered: true }))
"""


async def ask(page: Page, text: str) -> None:
    # Before its script has started, Enter begins a new line.
    await page.evaluate(READY)
    await page.locator("#option-text").fill(text)
    await page.keyboard.press("Enter")
    await expect(page.locator("#option-status")).to_have_text("Your question was added.")
    await expect(page.locator(".question-text", has_text=text)).to_have_count(1)
    await expect(page.locator("#option-text")).to_have_value("")


async def toggles(phone: Page, stage: Page) -> None:
    """Each press votes, or takes the vote back; the boxes keep the focus."""
    boxes, counts = phone.locator(".question input"), stage.locator(".question-count")
    await boxes.nth(1).press("Space")
    await expect(counts).to_have_text(["1", "0"])
    await expect(stage.locator(".question-text")).to_have_text(["Why not?", "Why?"])
    await expect(boxes.nth(1)).to_be_focused()
    # Faster than answers come: the last state counts.
    await boxes.nth(0).press("Space")
    await boxes.nth(1).press("Space")
    await expect(counts).to_have_text(["1", "0"])
    await expect(stage.locator(".question-text")).to_have_text(["Why?", "Why not?"])
    await boxes.nth(0).press("Space")
    await expect(counts).to_have_text(["0", "0"])
    await expect(phone.locator("#total")).to_have_text("0 people voted")
    await boxes.nth(1).press("Space")
    await expect(counts).to_have_text(["1", "0"])


async def decides(poll: Asked, stage: Page) -> None:
    """The host pins a question and answers another."""
    options: list[dict[str, Any]] = poll.api.get(f"/polls/{poll.id}").json()["poll"]["options"]
    ids = {option["text"]: option["id"] for option in options}
    for action, text in (("answer", "Why not?"), ("pin", "When?")):
        body = {"action": action, "optionId": ids[text]}
        poll.api.post(f"/polls/{poll.id}/decisions", json=body).raise_for_status()
    await expect(stage.locator(".question-text")).to_have_text(["When?", "Why?", "Why not?"])
    await expect(stage.locator(".question-marks")).to_have_text(["Pinned", "", "Answered"])


async def test_options_of_voters_do_not_disturb_a_choice(visit: Visitor, site: Site) -> None:
    fields: dict[str, Any] = {"kind": "multiple", "maxChoices": 3, "participantOptions": "open"}
    with asking(site, **fields, allowChange=True) as poll:
        phone, other = [await (await visit(device=PHONE)).open(poll.path) for _ in range(2)]
        await phone.locator(".choice", has_text="Coffee").click()
        await other.locator("#option-text").fill("Mate")
        await other.locator("#option-send").click()
        await expect(phone.locator(".bar-label")).to_have_text(["Tea", "Coffee", "Water", "Mate"])
        await expect(phone.get_by_role("checkbox", name="Coffee")).to_be_checked()
        await phone.get_by_role("checkbox", name="Mate").check()
        await phone.locator("#cast").click()
        await is_counted(phone)
        assert poll.counts() == [0, 1, 0, 1]
        await expect(other.locator(".bar-count")).to_have_text(["0", "1", "0", "1"])
        # The page was never loaded again.
        await until(phone, "performance.getEntriesByType('navigation')[0].type === 'navigate'")
        await take_back(phone)
        await expect(phone.locator(".choice input:checked")).to_have_count(0)
        await assert_accessible(phone)
