from dls.ui.presence import GONE_AFTER_S, Presence


def test_people_count_while_they_give_signs_of_life() -> None:
    now = 0.0
    presence = Presence(lambda: now)
    assert presence.note("case", 1) == 1
    assert presence.note("case", 1) == 1
    assert presence.note("another", 3) == 1
    now = GONE_AFTER_S - 1
    assert presence.note("case", 2) == 2
    now = GONE_AFTER_S
    assert presence.note("case", 2) == 1
