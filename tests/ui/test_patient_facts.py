from dls.clinical import VARIABLES
from dls.study.protocol import Protocol, amend, protocol
from dls.study.store import Store
from dls.ui.patient_facts import patient_facts


def test_every_variable_has_a_line_and_what_is_not_known_says_so(study_store: Store) -> None:
    facts = patient_facts({"age": 51.0, "sex": "male", "other_cancer": False, "afp": 12345.0}, study_store)
    assert len(facts) == len(VARIABLES)
    text = {fact["label"]: fact["text"] for fact in facts}
    assert (text["Age"], text["Sex"], text["Other cancer"]) == ("51 years", "male", "no")
    assert text["AFP"] == "12,345 ng/mL"
    assert text["CEA"] is None


def test_a_protocol_may_hide_clinical_data(study_store: Store) -> None:
    readers = protocol(study_store).readers
    amend(study_store, Protocol(readers=readers, clinical_shown=False), "readers see images only")
    assert patient_facts({"age": 51.0}, study_store) == []
