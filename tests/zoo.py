"""The hostile zoo: text that a queue may hold and that no screen, log or file of ours may obey."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

MEGABYTE: Final = 1_000_000

ESCAPES: Final[Mapping[str, str]] = {
    "csi_colour": "\x1b[31mred\x1b[0m",
    "csi_cursor_home": "\x1b[1;1Howned",
    "csi_clear_screen": "\x1b[2J\x1b[3J",
    "csi_unfinished": "job \x1b[",
    "osc_title": "\x1b]0;pwned title\x07",
    "osc_title_string_end": "\x1b]2;pwned title\x1b\\",
    "osc_clipboard": "\x1b]52;c;cm0gLXJmIC8K\x07",
    "osc_link": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "dcs": "\x1bP+q544e\x1b\\",
    "dcs_tmux_passthrough": "\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\",
    "apc": "\x1b_Gf=24;AAAA\x1b\\",
    "mode_alternate_screen": "\x1b[?1049l\x1b[?25h",
    "reset": "\x1bc",
    "c1_csi": "\x9b31mred",
    "c1_osc": "\x9d0;title\x9c",
    "c1_all": "".join(map(chr, range(0x80, 0xA0))),
    "c0_all": "".join(map(chr, range(0x20))),
    "nul": "before\x00after",
    "backspaces": "safe\x08\x08\x08\x08evil",
    "carriage_return": "failed\rcompleted",
    "bell_vt_ff": "\x07\x0b\x0c",
    "shift_out": "\x0e\x0f",
    "delete": "a\x7fb",
}

MARKUP: Final[Mapping[str, str]] = {
    "click": "[@click=app.quit]x[/]",
    "click_bell": "[@click=app.bell()]press me[/]",
    "close_only": "[/]",
    "close_name": "[/red]",
    "open_half": "[b",
    "bold": "[b]bold[/b]",
    "style": "[red on white]alert[/]",
    "link": "[link=http://evil.example]x[/link]",
    "variable": "[$error]x[/]",
    "emoji_code": ":skull: :warning:",
    "escaped": r"\[b]x\[/b]",
}

UNICODE: Final[Mapping[str, str]] = {
    "bidi_override": "invoice\u202efdp.exe",
    "bidi_isolates": "\u2066a\u2067b\u2068c\u2069",
    "bidi_marks": "\u200ea\u200fb\u061cc",
    "zero_width": "pay\u200bment\u200c\u2060\ufeff",
    "line_separators": "one\u2028two\u2029three\x85four",
    "soft_hyphen": "co\xadop",
    "emoji_variation": "\u2764\ufe0f \u26a0\ufe0f \u2601\ufe0e",
    "emoji_family": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "emoji_skin": "\U0001f44d\U0001f3fd",
    "emoji_flag": "\U0001f1eb\U0001f1f7\U0001f1e9",
    "emoji_flag_tags": "\U0001f3f4\U000e0067\U000e0062\U000e007f",
    "emoji_keycap": "1\ufe0f\u20e3",
    "cjk": "商品同期ジョブ",
    "cjk_wide_space": "請求\u3000書",
    "hangul": "한국어 \u1112\u1161\u11ab \u3164\u115f",
    "combining": "e\u0301 n\u0303",
    "combining_pile": "Z" + "\u0300\u0301\u0302\u0303\u0304\u0305" * 20,
    "combining_first": "\u0301starts with a mark",
    "combining_joiner": "a\u034fb",
    "rtl_hebrew": "שלום עולם",
    "rtl_arabic": "مرحبا بالعالم",
    "thai_devanagari": "กำลังส่ง क्षि",
    "surrogate_lone": "a\ud800b\udfff",
    "surrogate_escaped_bytes": "caf\udce9",
    "noncharacters": "\ufdd0\ufffe\uffff\U0001ffff\U0010ffff",
    "private_use": "\ue0b0\U000f0000",
    "tags": "a\U000e0041\U000e007fb",
}

FORMATS: Final[Mapping[str, str]] = {
    "percent": "%s %d %n %(name)s 100%",
    "braces": "{0.__class__} {name!r} {} {{",
    "template": "${HOME} $(id) `id`",
    "csv_equals": "=cmd|' /C calc'!A0",
    "csv_plus": "+1+1",
    "csv_minus": "-2+3",
    "csv_at": "@SUM(A1:A9)",
    "csv_tab": "\t=1+1",
    "csv_quotes": 'a","b\n=1',
    "sql": "'; DROP TABLE jobs; --",
    "backslashes": "C:\\new\\x1b[31m",
    "html": "<script>alert(1)</script>",
    "empty": "",
    "spaces": "   ",
}

SHAPES: Final[Mapping[str, str]] = {
    "newline_storm": "\n" * 5_000,
    "crlf_storm": "line\r\n" * 2_000,
    "tab_storm": "\t" * 5_000,
    "one_line_1_mb": "x" * MEGABYTE,
    "one_line_wide": "漢" * 100_000,
    "deep_brackets": "[" * 100_000,
    "escape_storm": "\x1b[31m" * 100_000,
    "text_10_mb": "payload \x1b[0m\n" * (10 * MEGABYTE // 13),
}

ZOO: Final[Mapping[str, str]] = {**ESCAPES, **MARKUP, **UNICODE, **FORMATS, **SHAPES}
"""Every specimen by name; the huge ones are in `SHAPES` too, for tests that copy each text many times."""

SMALL_ZOO: Final[Mapping[str, str]] = {name: text for name, text in ZOO.items() if name not in SHAPES}


def hostile_characters(output: str, allowed: Iterable[str] = "\n") -> list[str]:
    """Return the characters of `output` that could act on a terminal, as escapes, in order."""
    harmless = set(allowed)
    return [ascii(char) for char in _ACTING.findall(output) if char not in harmless]


def assert_inert(output: str, allowed: Iterable[str] = "\n") -> None:
    """Fail when `output` holds a control, bidi, invisible or broken character other than the `allowed` ones."""
    found = hostile_characters(output, allowed)
    assert not found, f"{len(found)} hostile characters got through: {found[:8]} in {output[:200]!a}"


_ACTING_RANGES: Final = (
    (0x00, 0x1F),
    (0x7F, 0x9F),
    (0xAD, 0xAD),
    (0x061C, 0x061C),
    (0x200B, 0x200F),
    (0x2028, 0x202E),
    (0x2060, 0x206F),
    (0xD800, 0xDFFF),
    (0xFDD0, 0xFDEF),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
    (0xE0000, 0xE0FFF),
    # The last two of each plane are no characters.
    *((plane + 0xFFFE, plane + 0xFFFF) for plane in range(0, 0x110000, 0x10000)),
)
# A screen is looked through after each key, which character by character took longer than to draw it.
_ACTING: Final = re.compile(f"[{''.join(f'{chr(first)}-{chr(last)}' for first, last in _ACTING_RANGES)}]")
