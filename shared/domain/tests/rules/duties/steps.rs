//! What stands against a step: all of it, and nothing that is not its own.

use dunlin_domain::collector::CollectorRole;
use dunlin_domain::duty::Bar;

use super::*;

#[test]
fn every_stop_of_a_step_is_told_and_none_that_is_not_its_own() {
    let rule = |id: &str| Provision { id: RuleId::parse(id).unwrap(), ..provision() };
    let row = LimitationRow {
        provision: rule("TEST.LIM"),
        contracts: Vec::new(),
        debtor: None,
        period: Period::years(6),
        anew: None,
    };
    let duties = |effect| Duties {
        validation: Some(ValidationLaw { dispute: rule("TEST.DISPUTE"), ..validation() }),
        limitation: Some(LimitationLaw { rows: vec![row.clone()], effect }),
        pre_action: Some(PreActionLaw {
            protocol: rule("TEST.PAP"),
            answer_within: period("30 days"),
            talks: period("30 days"),
            direction: rule("TEST.PD"),
            company_within: period("14 days"),
            holidays: Arc::new(calendar()),
        }),
        moratorium: Some(rule("TEST.SPACE")),
        stay: Some(rule("TEST.STAY")),
        retention: vec![RetentionFloor {
            provision: rule("TEST.REC"),
            kind: RecordKind::Evidence,
            keep: Period::years(3),
        }],
        ..Duties::default()
    };
    let on = date(2026, 11, 25);
    let dispute = ValidationDispute {
        received: date(2026, 11, 20),
        form: DisputeForm::Written,
        disputed: Disputed::All,
        verified: None,
    };
    let debt = Debt {
        obligor: Obligor::NaturalPerson,
        age: Some(Age {
            accrued: date(2020, 11, 24),
            contract: None,
            debtor: DebtorKind::Consumer,
            acknowledged: Vec::new(),
        }),
        validation: Some(Validation { period_end: date(2026, 12, 9), dispute: Some(dispute), creditor_request: None }),
        moratoria: vec![Moratorium::breathing_space(on)],
        petition: Some(on),
        letter: PreAction::NotSent,
    };
    let told = |duties: &Duties, step, debt: &Debt, on| {
        let name = |bar: &Bar| bar.rule.as_str().trim_start_matches("TEST.").to_owned();
        duties.bars(step, debt, on).iter().map(name).collect::<Vec<_>>().join(" ")
    };
    let (barred, gone) = (duties(Effect::Barred), duties(Effect::Extinguished));
    for (duties, step, expected) in [
        (&barred, Step::Demand(None), "STAY SPACE DISPUTE"),
        (&gone, Step::Demand(None), "STAY SPACE DISPUTE LIM"),
        (&barred, Step::Notify, "STAY SPACE"),
        (&barred, Step::ThreatenSuit, "STAY SPACE DISPUTE DISPUTE LIM"),
        (&barred, Step::IssueClaim, "STAY SPACE DISPUTE LIM PAP"),
        (&barred, Step::ProveClaim, ""),
        (&gone, Step::ProveClaim, "LIM"),
    ] {
        assert_eq!(told(duties, step, &debt, on), expected, "{step:?}");
    }
    let company = Debt { obligor: Obligor::Company, ..debt.clone() };
    assert_eq!(told(&barred, Step::IssueClaim, &company, on), "STAY DISPUTE LIM PD");
    let before = date(2026, 11, 19);
    assert_eq!(told(&barred, Step::Demand(None), &debt, before), "");
    let unknown = Debt { letter: PreAction::Unknown, ..debt.clone() };
    assert_eq!(told(&Duties { stay: None, ..barred.clone() }, Step::IssueClaim, &unknown, before), "");

    let creditor = barred.clone().between(CollectorRole::FirstParty, DebtorKind::Consumer);
    assert!(creditor.validation.is_none() && creditor.retention.is_empty());
    assert_eq!(barred.clone().between(CollectorRole::ThirdParty, DebtorKind::Consumer), barred);
}

#[test]
fn time_that_nobody_knows_is_no_time_to_sue() {
    let row = LimitationRow {
        provision: provision(),
        contracts: Vec::new(),
        debtor: Some(DebtorKind::Business),
        period: Period::years(5),
        anew: None,
    };
    let law = LimitationLaw { rows: vec![row], effect: Effect::Barred };
    let duties = Duties { limitation: Some(law), ..Duties::default() };
    let on = date(2026, 1, 1);
    let because = |accrued, debtor, step| {
        let age = Age { accrued, contract: None, debtor, acknowledged: Vec::new() };
        let debt = Debt {
            obligor: Obligor::NaturalPerson,
            age: Some(age),
            validation: None,
            moratoria: Vec::new(),
            petition: None,
            letter: PreAction::Unknown,
        };
        duties.bars(step, &debt, on).into_iter().map(|bar| bar.because).next()
    };
    let (business, consumer) = (DebtorKind::Business, DebtorKind::Consumer);
    for (accrued, debtor, step, expected) in [
        (date(2025, 1, 1), business, Step::IssueClaim, None),
        (date(2025, 1, 1), consumer, Step::IssueClaim, Some(Because::LimitationUnknown)),
        (date(1989, 1, 1), business, Step::ThreatenSuit, Some(Because::LimitationUnknown)),
        (date(1989, 1, 1), business, Step::Demand(None), None),
    ] {
        assert_eq!(because(accrued, debtor, step), expected, "{accrued} {debtor:?} {step:?}");
    }
}

#[test]
fn an_address_that_was_passed_on_waits_for_the_time_to_opt_out() {
    let law = OptOutLaw {
        revocation: provision(),
        commercial_email: provision(),
        honour_within: period("10 working days"),
        passed_on: provision(),
        window: period("35 days"),
        holidays: Arc::new(calendar()),
    };
    let sent = date(2026, 2, 10);
    for (deadline, on, expected) in [
        ("2026-03-17", "2026-03-17", Err(Because::WindowOpen(date(2026, 3, 17)))),
        ("2026-03-17", "2026-03-18", Ok(())),
        ("2026-03-16", "2026-03-18", Err(Because::WindowTooShort(date(2026, 3, 17)))),
    ] {
        let over = law.window_over(sent, deadline.parse().unwrap(), on.parse().unwrap());
        assert_eq!(over.map_err(|bar| bar.because), expected, "{deadline} {on}");
    }
    assert_eq!(law.honour_by(date(2026, 11, 19)), date(2026, 12, 4));
}
