"""The page for the review: `--html`, looked at in a real browser."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser import PHONE, WIDE, running
from cases import FIXTURES, Case, all_cases, contents
from conftest import ENGINES, MISSING, URLS, Migfix
from projects import SETTINGS, git
from terminal import typed
from test_fixtures import flags

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

FILE = "blog/migrations/0002_category_post_category.py"
STEPS = "blog/migrations/0003_steps.py"
LATER = """
from django.db import migrations
from django.db.models import F


def tidy(apps, schema_editor):
    apps.get_model("blog", "Post").objects.filter(title="").update(title="none")


def count(apps, schema_editor):
    apps.get_model("blog", "Category").objects.update(id=F("id") + 100)


class Migration(migrations.Migration):
    dependencies = [("blog", "0002_category_post_category")]
    operations = [migrations.RunPython(tidy), migrations.RunPython(count)]
"""
REWRITTEN = [case for case in all_cases() if case.is_rewritten]
Open = Callable[..., "Page"]


def site(tmp_path: Path, later: str = LATER) -> Path:
    """A file to rewrite, one to rewrite in part, and settings."""
    folder = Case(FIXTURES / "seed_default_row/one_off_default").copy_before(tmp_path / "site")
    (folder / "settings.py").write_text(SETTINGS)
    if later:
        (folder / STEPS).write_text(later)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running() as browser:
        yield browser


@pytest.fixture
def look(browser: Browser) -> Iterator[Open]:
    """Open a page. It may request nothing but itself, and print nothing to the console."""
    contexts, asked, said = [], list[str](), list[str]()

    def look(path: Path, size: tuple[int, int] = WIDE, scheme: str = "light") -> Page:
        context = browser.new_context(
            color_scheme="dark" if scheme == "dark" else "light", viewport={"width": size[0], "height": size[1]}
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(path.as_uri())
        return page

    yield look
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.endswith("review.html") and url != "data:,"] == []
    assert said == []


@pytest.fixture(scope="module")
def proven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with a proof on every engine that answers."""
    import subprocess

    folder = site(tmp_path_factory.mktemp("proven"), later="")
    engines = [text for engine in ENGINES if engine not in MISSING for text in ("--verify-engine", URLS[engine])]
    command = [sys.executable, "-m", "migfix", "diff", "blog", "--settings", "settings", "--html", "review.html"]
    result = subprocess.run([*command, *engines], cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 1, result.stderr
    return folder / "review.html"


def written(migfix: Migfix, folder: Path, *arguments: str) -> Path:
    result = migfix(*(arguments or ("diff", "blog")), "--html", "review.html", cwd=folder)
    assert result.returncode in (0, 1), result.stderr
    assert result.stderr.endswith("review.html: the page for the review\n")
    return folder / "review.html"


def lines(page: Page, side: str) -> dict[int, str]:
    """The lines of one side of the first table, by line number."""
    rows = page.locator("table.sides").first.locator(f"tr:has(td.{side}:not(.none):not(.skipped))")
    script = """(rows, side) => rows.map(row => {
        const own = [...row.cells].filter(cell => cell.classList.contains('right') == (side == 'right'))
        const text = own[1].cloneNode(true)
        text.querySelectorAll('.spoken').forEach(each => each.remove())
        return [own[0].textContent, text.textContent]
    })"""
    return {int(number): text for number, text in rows.evaluate_all(script, side) if number}


def finding(page: Page, name: str) -> Locator:
    return page.locator("article", has=page.get_by_role("heading", name=name))


# --- what it shows --------------------------------------------------------------------------------


def test_why_and_both_sides(tmp_path: Path, migfix: Migfix, look: Open) -> None:
    folder = site(tmp_path)
    before = contents(folder)
    page = look(written(migfix, folder))
    assert {path: content for path, content in contents(folder).items() if path != "review.html"} == before
    assert page.title() == "migfix: 2 files would be rewritten, 1 finding needs your decision"
    assert (
        page.get_by_role("heading", level=1).inner_text() == "2 files would be rewritten, 1 finding needs your decision"
    )
    assert page.get_by_text("Not tried on a database. migfix diff --html FILE --verify tries it.").is_visible()
    own = finding(page, "MIG101 seed-default-row")
    assert own.locator(".place").inner_text() == f"{FILE}:21"
    assert own.locator("dd").all_inner_texts() == [
        "existing blog.Post rows will get category=1, but blog.Category has no row 1.",
        "seed_category() creates it if blog.Post has rows, in a RunPython before the AddField.",
        'blog.Category(pk=1, name="Category 1")',
        "migfix explain MIG101",
    ]
    old = before[FILE].decode().splitlines()
    left, right = lines(page, "left"), lines(page, "right")
    migfix("apply", "blog", cwd=folder)
    new = (folder / FILE).read_text().splitlines()
    assert left == {number: old[number - 1] for number in left}
    assert right == {number: new[number - 1] for number in right}
    assert {line for line in new if line not in old} <= set(right.values())
    assert {line for line in old if line not in new} <= set(left.values())
    refused = finding(page, "MIG301 add-reverse").last
    assert refused.locator("dt").all_inner_texts() == ["Why", "Needs your decision", "More"]
    assert refused.locator("table").count() == 0


def test_one_diff_for_each_file(tmp_path: Path, migfix: Migfix, look: Open) -> None:
    """Several fixes of a file are shown together: before is the file on disk, after is what apply writes."""
    folder = site(tmp_path, LATER.replace("RunPython(count)", "RunPython(tidy)"))
    page = look(written(migfix, folder))
    assert finding(page, "MIG301 add-reverse").count() == 2
    table = page.get_by_role("table", name=f"{STEPS}, before and after")
    assert table.count() == 1
    assert len([text for text in table.locator("ins").all_inner_texts() if "noop" in text]) == 2
    assert page.locator("article table").count() == 0


def test_new_files(tmp_path: Path, migfix: Migfix, look: Open) -> None:
    case = Case(FIXTURES / "break_dependency_cycle/leaf_with_max_migration")
    folder = case.copy_before(tmp_path / "site")
    page = look(written(migfix, folder, "diff", *case.config["paths"], *flags(case)))
    headings = page.get_by_role("heading", level=3).all_inner_texts()
    new = [path for path in contents(case.folder / "after") if not (case.folder / "before" / path).exists()]
    assert {f"{path} (new)" for path in new} <= set(headings)
    assert {path for path in contents(case.folder / "after") if path not in new} <= set(headings)
    assert len(headings) == len(contents(case.folder / "after"))


def test_results_on_databases(proven: Path, look: Open) -> None:
    page = look(proven)
    engines = [engine for engine in ENGINES if engine not in MISSING]
    told = ", ".join(engines)
    notes = f"{len(engines)} step{'' if len(engines) == 1 else 's'} passed with something to consider (!)."
    verdict = f"The rewritten version passes on {told}; the original fails on {told}. {notes}"
    assert page.locator("header .verdict.passed").inner_text() == verdict
    titles = [f"{engine} {version}" for engine in engines for version in ("original", "rewritten")]
    table = page.get_by_role("table", name="What each step did and how long it took")
    assert table.get_by_role("columnheader").all_inner_texts() == ["Step", *titles]
    forward = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name="forward", exact=True))
    assert [text.split()[1] for text in forward.locator("td").all_inner_texts()] == ["failed", "passed"] * len(engines)
    assert page.locator(".reasons").get_by_text(f"caused by {FILE}:21: AddField post.category").count() == len(engines)
    for engine in engines:
        details = page.locator("details", has_text=f"SQL on {engine}, forward")
        assert not details.locator("table.sides").is_visible()
        details.locator("summary").click()
        assert details.locator("table.sides").is_visible()
        assert details.locator("tr.skipped").count() == 0
        assert details.locator("ins", has_text="-- RunPython seed_category").count() == 1
        assert details.locator("del", has_text="failed").count() == (engine != "sqlite")  # SQLite checks at the end
        assert "None" not in details.locator("del").last.inner_text()
        assert details.get_by_role("table", name="Locks").count() == (engine == "postgresql")


def test_sql_that_does_not_change(tmp_path: Path, migfix: Migfix, look: Open) -> None:
    """Adding a reverse changes nothing forward, but the SQL is still shown."""
    folder = site(tmp_path, LATER.replace(", migrations.RunPython(count)", ""))
    migfix("apply", FILE, cwd=folder)
    page = look(written(migfix, folder, "diff", STEPS, "--settings", "settings", "--verify"))
    forward = page.locator("details", has_text="SQL on sqlite, forward")
    forward.locator("summary").click()
    assert forward.get_by_text("-- RunPython tidy").count() == 2
    assert forward.locator("ins, del").count() == 0


def test_messages_that_are_also_on_the_terminal(tmp_path: Path, migfix: Migfix, look: Open) -> None:
    folder = site(tmp_path, later="")
    git("init", cwd=folder)
    git("add", ".", cwd=folder)
    git("commit", "-m", "deployed", cwd=folder)
    page = look(written(migfix, folder, "diff", "--all"))
    assert page.locator("h1").inner_text() == "nothing to do: 2 migrations checked"
    assert page.get_by_text("1 deployed migration skipped: it is on").count() == 1
    (folder / STEPS).write_text("class Migration(:\n")
    result = migfix("diff", "blog", "--force", "--html", "review.html", cwd=folder)
    assert result.returncode == 2
    page = look(folder / "review.html")
    assert page.locator("h1").inner_text() == "1 file would be rewritten, nothing was written"
    assert page.locator(".verdict.failed").inner_text().startswith(f"error: {folder / STEPS}:1: ")
    assert page.get_by_text("Not tried on a database").count() == 0


def test_nothing_to_do(tmp_path: Path, migfix: Migfix, look: Open) -> None:
    folder = site(tmp_path, later="")
    migfix("apply", "blog", cwd=folder)
    page = look(written(migfix, folder))
    assert page.locator("h1").inner_text() == "nothing to do: 2 migrations checked"
    assert page.locator("article, nav, section").count() == 0


def test_with_and_without_interactive(tmp_path: Path, migfix: Migfix, look: Open) -> None:
    """With `apply` the page shows what was rewritten; with `--interactive`, only what was answered with yes."""
    folder = site(tmp_path)
    command = [sys.executable, "-m", "migfix", "apply", "-i", "blog", "--html", "review.html"]
    typed(command, folder, [b"n\n", b"y\n"])
    page = look(folder / "review.html")
    assert page.locator("h1").inner_text() == "1 file rewritten, 1 finding needs your decision"
    assert finding(page, "MIG101").count() == 0
    assert "noop" in (folder / STEPS).read_text()
    page = look(written(migfix, folder, "apply", "blog"))
    assert page.locator("h1").inner_text() == "1 file rewritten, 1 finding needs your decision"
    assert finding(page, "MIG101").count() == 1


# --- accessibility --------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_it_is_accessible(proven: Path, look: Open, scheme: str, size: tuple[int, int]) -> None:
    """axe finds nothing with all details open, and no sideways scrolling is needed."""
    demand_accessible(look(proven, size, scheme))


def test_it_is_accessible_with_a_refusal_and_several_proofs(tmp_path: Path, migfix: Migfix, look: Open) -> None:
    folder = site(tmp_path)
    arguments = ("diff", "blog", "--settings", "settings", "--verify-engine", "sqlite")
    page = look(written(migfix, folder, *arguments), PHONE)
    passed = f"{FILE}: the rewritten version passes on sqlite; the original fails on sqlite. "
    passed += "1 step passed with something to consider (!)."
    assert page.locator("header .verdict").all_inner_texts() == [passed, f"{STEPS}: fails on sqlite."]
    assert page.locator("h1").inner_text() == "1 file would be rewritten, 2 findings need your decision"
    demand_accessible(page)


def demand_accessible(page: Page) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    result = Axe().run(page)
    assert [(each["id"], each["nodes"][0]["html"]) for each in result.response["violations"]] == []
    assert len(result.response["passes"]) > 20
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_dark_and_light(proven: Path, look: Open) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    assert look(proven).evaluate(colour) == "rgb(255, 255, 255)"
    assert look(proven, scheme="dark").evaluate(colour) == "rgb(13, 17, 23)"
    assert look(proven).locator("ins .nf").first.evaluate("each => getComputedStyle(each).color") != "rgb(31, 35, 40)"


def test_side_by_side_or_stacked(proven: Path, look: Open) -> None:
    """On a phone, before and after are stacked, and unchanged lines are shown once."""
    for size, is_wide in ((WIDE, True), (PHONE, False)):
        page = look(proven, size)
        changed = page.locator("tr.changed:not(:has(.none))").first
        old, new = changed.locator("del").bounding_box(), changed.locator("ins").bounding_box()
        assert old
        assert new
        assert (new["x"] > old["x"] + 100, new["y"] > old["y"]) == (is_wide, not is_wide)
        assert page.locator("tr.same .right").first.is_visible() is is_wide


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_screen_reader_output(proven: Path, look: Open, size: tuple[int, int]) -> None:
    page = look(proven, size)
    table = page.get_by_role("table", name=f"{FILE}, before and after")
    heard = table.aria_snapshot()
    assert 'cell "removed: from django.db import migrations, models"' in heard
    assert 'cell "added: from django.core.management.color import no_style"' in heard
    names = [each.inner_text().strip() for each in table.get_by_role("columnheader").all()]
    assert names == ["Line", "Before", "Line", "After"]
    steps = page.get_by_role("table", name="What each step did and how long it took").aria_snapshot()
    assert re.search(r'rowheader "forward"\s+- cell "failed \d', steps)
    assert re.search(r'rowheader "back"\s+- cell "not reached"', steps)


def test_with_the_keyboard_alone(proven: Path, look: Open) -> None:
    page = look(proven)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="To the findings")
    assert skip.evaluate("each => each === document.activeElement && each.getBoundingClientRect().height > 10")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    summary = page.locator("summary:focus")
    assert summary.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.locator("details").first.get_attribute("open") == ""
    page.get_by_role("link", name="MIG101 seed-default-row").focus()
    page.keyboard.press("Enter")
    assert page.url.endswith("#finding-1")
    assert page.locator("#finding-1 h2").evaluate("each => each.getBoundingClientRect().top < innerHeight")


def test_code_is_shown_as_text(tmp_path: Path, migfix: Migfix, look: Open) -> None:
    """Markup, template tags and right-to-left override characters are shown as text and have no effect."""
    bad = "</style></script><script>document.title = 1</script><img src=x onerror=alert(1)>{{ 7|add:7 }}{% now %}\u202e"
    folder = site(tmp_path, LATER.replace("RunPython(count)]", f"RunPython(tidy)]  # {bad}"))
    page = look(written(migfix, folder))
    assert "\u202e" not in page.content()
    shown = bad.replace("\u202e", "[U+202E]")
    assert page.get_by_text(shown).count() > 1
    assert page.title() == "migfix: 2 files would be rewritten"
    assert page.locator("script, img").count() == 0
    assert page.locator('meta[http-equiv="Content-Security-Policy"]').count() == 1


# --- the file -------------------------------------------------------------------------------------


IS_THERE = " is there already, and migfix didn't write it. It was left as it is. Name another file for --html."


def test_other_files_are_not_overwritten(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path)
    (folder / "folder").mkdir()
    before = contents(folder)
    for name, told in {
        FILE: f"{FILE}{IS_THERE}",
        "folder": "folder is a folder. Name a file for --html.",
        "--verify": "--html takes the name of a file, and --verify is an option. Name a file for --html.",
        "no/review.html": "no/review.html can't be written: there is no folder no. Name a file for --html.",
        "/dev/null": f"/dev/null{IS_THERE}",
    }.items():
        result = migfix("apply", "blog", "--html", name, cwd=folder)
        assert (result.returncode, result.stdout, result.stderr) == (2, "", f"error: {told}\n")
        assert contents(folder) == before


def test_odd_file_names(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path)
    name = "x" * 300
    result = migfix("diff", "blog", "--html", name, cwd=folder)
    told = f"error: {name}: File name too long. Name another file for --html.\n"
    assert (result.returncode, result.stderr) == (2, told)
    odd = tmp_path / os.fsdecode(b"caf\xe9")
    shutil.copytree(folder, odd)
    result = migfix("check", "blog", "--output-format", "json", "--html", "../review.html", cwd=odd / "blog" / "..")
    assert result.returncode == 1, result.stderr
    assert "2 files would be rewritten" in (tmp_path / "review.html").read_text()


def test_a_link_stays_a_link(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path)
    (folder / "real.html").touch()
    (folder / "link.html").symlink_to("real.html")
    migfix("diff", "blog", "--html", "link.html", cwd=folder)
    assert (folder / "link.html").is_symlink()
    assert "2 files would be rewritten" in (folder / "real.html").read_text()


def test_the_page_of_an_earlier_run_is_removed(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path)
    written(migfix, folder)
    result = migfix("diff", "blog", "--html", "review.html", "--verify", "--settings", "nowhere", cwd=folder)
    assert result.returncode == 2, result.stderr
    assert not (folder / "review.html").exists()


def test_a_page_and_an_empty_file_are_overwritten(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path)
    (folder / "review.html").touch()
    first = written(migfix, folder).read_text()
    assert "2 files would be rewritten" in first
    migfix("apply", "blog", cwd=folder)
    assert "1 finding needs your decision" in written(migfix, folder).read_text() != first


def test_without_pygments(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path)
    (folder / "sitecustomize.py").write_text("import sys\nsys.modules['pygments'] = None\n")
    result = migfix("diff", "blog", "--html", "review.html", cwd=folder, PYTHONPATH=str(folder))
    told = "error: --html needs pygments, which is not installed. Run: pip install 'migfix[review]'\n"
    assert (result.returncode, result.stderr) == (2, told)
    assert not (folder / "review.html").exists()
