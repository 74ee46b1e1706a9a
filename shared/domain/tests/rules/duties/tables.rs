//! Notices, disputes, claims, records and data: tables of what is right when.

use super::*;

#[test]
fn a_notice_is_in_time_owed_or_needless() {
    let law = validation();
    let initial = date(2026, 3, 2);
    for (sent, timely) in [("2026-03-02", true), ("2026-03-07", true), ("2026-03-08", false)] {
        assert_eq!(law.timely(initial, sent.parse().unwrap()).is_ok(), timely, "{sent}");
    }
    for (paid, skip) in [(Some("2026-03-05"), true), (Some("2026-03-08"), false), (None, false)] {
        let skipped = law.may_skip(initial, paid.map(|day| day.parse().unwrap()));
        assert_eq!(skipped.is_ok(), skip, "{paid:?}");
        assert!(skip || skipped.unwrap_err().because == Because::NoticeOwed(date(2026, 3, 7)));
    }
    for (addressee, allowed) in [
        (Addressee::Debtor, true),
        (Addressee::Estate(Some("Jo Park")), true),
        (Addressee::Estate(Some(" ")), false),
        (Addressee::Estate(None), false),
    ] {
        assert_eq!(law.may_address(addressee).is_ok(), allowed, "{addressee:?}");
    }
}

#[test]
fn only_a_dispute_in_writing_and_in_time_stops_collection() {
    let law = validation();
    let end = date(2026, 12, 9);
    let on = date(2026, 12, 20);
    let dispute = |received, form| ValidationDispute { received, form, disputed: Disputed::All, verified: None };
    for (dispute, stops) in [
        (dispute(end, DisputeForm::Written), true),
        (dispute(date(2026, 12, 10), DisputeForm::Written), false),
        (dispute(date(2026, 11, 20), DisputeForm::Oral), false),
    ] {
        assert_eq!(law.paused(&dispute, end, None, on).is_some(), stops, "{dispute:?}");
    }
    let part = Disputed::Part { amount: usd("300"), of: usd("1000") };
    let part = ValidationDispute { disputed: part, ..dispute(end, DisputeForm::Written) };
    for (demand, stops) in [("700", false), ("700.01", true), ("1000", true)] {
        assert_eq!(law.paused(&part, end, Some(usd(demand)), on).is_some(), stops, "{demand}");
    }
    let asked = |received, answered| law.asked(&CreditorRequest { received, answered }, end, on).is_some();
    assert!(asked(date(2026, 11, 25), None) && asked(date(2026, 11, 25), Some(date(2026, 12, 21))));
    assert!(!asked(date(2026, 11, 25), Some(on)) && !asked(date(2026, 12, 10), None));
    assert_eq!(law.overshadowed(end, end).map(|bar| bar.lifts), Some(Lifts::On(date(2026, 12, 10))));
    assert_eq!(law.overshadowed(end, date(2026, 12, 10)), None);
}

#[test]
fn documents_that_are_owed_hold_a_claim_up() {
    let law = PreActionLaw {
        protocol: provision(),
        answer_within: period("30 days"),
        talks: period("30 days"),
        direction: provision(),
        company_within: period("14 days"),
        holidays: Arc::new(calendar()),
    };
    let dated = date(2026, 1, 30);
    let because = |obligor, letter: Option<LetterOfClaim>, on: &str| {
        law.bars_claim(obligor, letter.as_ref(), on.parse().unwrap()).map(|bar| bar.because)
    };
    let silent = Some(LetterOfClaim { dated, reply: None });
    let replied =
        |documents| Some(LetterOfClaim { dated, reply: Some(Reply { received: date(2026, 2, 20), documents }) });
    let person = Obligor::NaturalPerson;
    for (obligor, letter, on, expected) in [
        (person, silent, "2026-03-01", Some(Because::TimeToAnswer(date(2026, 3, 1)))),
        (person, silent, "2026-03-02", None),
        (Obligor::Company, silent, "2026-02-13", Some(Because::TimeToAnswer(date(2026, 2, 13)))),
        (Obligor::Company, silent, "2026-02-14", None),
        (person, None, "2026-03-02", Some(Because::NoLetterOfClaim)),
        (person, replied(Documents::NotRequested), "2026-03-22", Some(Because::TimeToAnswer(date(2026, 3, 22)))),
        (person, replied(Documents::NotRequested), "2026-03-23", None),
        (person, replied(Documents::Requested), "2026-06-30", Some(Because::DocumentsOwed)),
        (
            person,
            replied(Documents::Provided(date(2026, 3, 5))),
            "2026-04-04",
            Some(Because::TimeToAnswer(date(2026, 4, 4))),
        ),
        (person, replied(Documents::Provided(date(2026, 3, 5))), "2026-04-05", None),
    ] {
        assert_eq!(because(obligor, letter, on), expected, "{letter:?} {on}");
    }
}

#[test]
fn records_are_kept_for_their_time_and_their_purpose() {
    let floor = |kind, keep| RetentionFloor { provision: provision(), kind, keep: period(keep) };
    let floors = [
        floor(RecordKind::Evidence, "3 years"),
        floor(RecordKind::CallRecording, "3 years"),
        floor(RecordKind::Books, "6 years from year end"),
        floor(RecordKind::Books, "8 years from year end"),
    ];
    for (kind, event, debt_open, on, purged) in [
        (RecordKind::Evidence, "2024-02-29", false, "2027-02-28", false),
        (RecordKind::Evidence, "2024-02-29", false, "2027-03-01", true),
        (RecordKind::Evidence, "2024-02-29", true, "2027-03-01", false),
        (RecordKind::CallRecording, "2023-06-01", true, "2026-06-01", false),
        (RecordKind::CallRecording, "2023-06-01", true, "2026-06-02", true),
        (RecordKind::Books, "2024-06-01", false, "2032-12-31", false), // the longer of two
        (RecordKind::Books, "2024-06-01", false, "2033-01-01", true),
    ] {
        let record = Record { kind, event: event.parse().unwrap(), debt_open };
        assert_eq!(may_purge(&floors, &record, on.parse().unwrap()).is_ok(), purged, "{record:?} {on}");
    }
    assert_eq!(erase_on(Some(date(2026, 5, 31)), date(2026, 1, 1)), date(2026, 6, 1));
    assert_eq!(erase_on(Some(date(2026, 5, 31)), date(2027, 1, 1)), date(2027, 1, 1));
    assert_eq!(erase_on(None, date(2026, 1, 1)), date(2026, 1, 1));
}

fn privacy() -> PrivacyLaw {
    PrivacyLaw {
        answers: provision(),
        answer_within: period("1 month, or the next working day"),
        extended: period("3 months, or the next working day"),
        erasure: provision(),
        accuracy: provision(),
        objection: provision(),
        holidays: Arc::new(calendar()),
    }
}

#[test]
fn requests_are_answered_within_a_month() {
    let law = privacy();
    for (received, sent, timely) in [
        ("2026-03-10", "2026-04-10", true),
        ("2026-03-10", "2026-04-11", false),
        ("2024-01-31", "2024-02-29", true),
        ("2024-01-31", "2024-03-01", false),
        ("2026-03-03", "2026-04-07", true), // Good Friday to the Tuesday after Easter
        ("2026-03-03", "2026-04-08", false),
    ] {
        assert_eq!(law.timely(received.parse().unwrap(), sent.parse().unwrap()).is_ok(), timely, "{received} {sent}");
    }
    assert_eq!(law.answer_by_extended(date(2026, 1, 31)), date(2026, 4, 30));
}

#[test]
fn rights_over_data_give_way_to_legal_claims_and_marketing_to_them() {
    let law = privacy();
    let (interests, contract) = (LawfulBasis::LegitimateInterests, LawfulBasis::Contract);
    let contested = |verified| DataRequest::AccuracyContested { verified };
    for (request, wanted, basis, legal_claim, barred) in [
        (DataRequest::Objection, Use::Collection, interests, true, false),
        (DataRequest::Objection, Use::Collection, interests, false, true),
        (DataRequest::Objection, Use::AutomatedDunning, contract, false, false),
        (DataRequest::Objection, Use::Marketing, contract, true, true),
        (DataRequest::Erasure, Use::Collection, interests, true, false),
        (DataRequest::Erasure, Use::Marketing, interests, true, true),
        (contested(false), Use::AutomatedDunning, contract, true, true),
        (contested(false), Use::Collection, contract, true, false),
        (contested(false), Use::Collection, contract, false, true),
        (contested(true), Use::AutomatedDunning, interests, false, false),
    ] {
        let bar = law.bars_use(request, wanted, Grounds { basis, legal_claim });
        assert_eq!(bar.is_some(), barred, "{request:?} {wanted:?} {basis:?} {legal_claim}");
    }
    for (debt_open, legal_claim, retention_over, erased) in [
        (false, false, true, true),
        (true, false, true, false),
        (false, true, true, false),
        (false, false, false, false),
    ] {
        assert_eq!(law.may_erase(Keeping { debt_open, legal_claim, retention_over }).is_ok(), erased);
    }
}
