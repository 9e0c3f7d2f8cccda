"""What does a rule look for, why, and how is its finding repaired?"""

from __future__ import annotations

from importlib import resources

from schemagate.errors import UsageError


def rule_ids() -> list[str]:
    """Every rule that has a page, in order."""
    pages = resources.files("schemagate").joinpath("rules").iterdir()
    return sorted(page.name.removesuffix(".md") for page in pages if page.name.endswith(".md"))


def summaries() -> list[tuple[str, str, str]]:
    """(id, name, one sentence) of every rule, from its page."""
    found = []
    for rule in rule_ids():
        title, _, text = _page(rule).partition("\n")
        found.append((rule, title.removeprefix(f"# {rule}").strip(), text.strip().partition("\n")[0]))
    return found


def explain(rule: str) -> str:
    """The page of a rule, by id or by name, as Markdown; raises UsageError with the nearest id."""
    known = {each.upper(): id_ for id_, name, _ in summaries() for each in (id_, name)}
    if rule.upper() not in known:
        from difflib import get_close_matches

        near = get_close_matches(rule.upper(), known, 3)
        raise UsageError(
            f"there is no rule {rule!r}"
            + (f"; did you mean {', '.join(known[each] for each in near)}?" if near else ""),
            next_step="schemagate explain --list",
        )
    return _page(known[rule.upper()])


def _page(rule: str) -> str:
    return resources.files("schemagate").joinpath("rules", f"{rule}.md").read_text("utf-8")
