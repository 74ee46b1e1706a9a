//! The two texts that answer a debtor.

use dunlin_aws::store::Tenancy;

/// That messages end, and nothing else (47 CFR 64.1200(a)(12), 12 CFR 1006.14(h)(2)): who it is from is named where it is
/// one.
pub(crate) fn confirmation(tenancies: &[&Tenancy]) -> String {
    match tenancies {
        [one] => format!("{}: you are unsubscribed and will get no more text messages.", named(one)),
        _ => "You are unsubscribed and will get no more text messages from this number.".to_owned(),
    }
}

/// Who writes, where a person can be reached, and how to end it.
pub(crate) fn help(tenancies: &[&Tenancy]) -> String {
    let who: Vec<String> = tenancies.iter().map(|one| format!("{}, {}", named(one), one.reply_to)).collect();
    format!("Messages about your invoices. Write to {}. Reply STOP to end messages.", who.join("; or "))
}

/// A name in one line.
fn named(tenancy: &Tenancy) -> String {
    tenancy.name.chars().filter(|c| !c.is_control()).take(60).collect()
}
