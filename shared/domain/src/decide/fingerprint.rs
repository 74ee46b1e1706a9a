//! A hash over everything that a decision looks at.

use std::fmt::Write as _;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::contact::Channel;
use crate::debtor::Debtor;
use crate::message::hex;
use crate::policy::Policies;

/// 32 hexadecimal digits; equal for equal inputs. Addresses do not enter, only whether they can be used.
pub(super) fn of(debtor: &Debtor, policies: &Policies, now: Timestamp) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_inputs(&mut text, debtor, policies, now);
    hex(&Sha256::digest(text), 16)
}

fn write_inputs(text: &mut String, debtor: &Debtor, policies: &Policies, now: Timestamp) -> std::fmt::Result {
    let profile = &debtor.profile;
    let (email, sms) = (profile.reachable(Channel::Email), profile.reachable(Channel::Sms));
    writeln!(text, "{}\u{1f}{}\u{1f}{now}\u{1f}{}", debtor.tenant, debtor.id, policies.current().id())?;
    writeln!(text, "{}\u{1f}{email}\u{1f}{sms}", profile.zone.name())?;
    for (key, account) in &debtor.accounts {
        let credit = account.credit.minor();
        writeln!(text, "{key}\u{1f}{credit}\u{1f}{:?}\u{1f}{:?}", account.allocating, account.in_flight)?;
        writeln!(text, "{:?}\u{1f}{:?}", account.cycle, account.noted)?;
        if let Some(pending) = &account.pending {
            writeln!(text, "{}\u{1f}{}\u{1f}{:?}", pending.plan.id, pending.planned_at, pending.state)?;
        }
    }
    for invoice in debtor.invoices.values().filter(|invoice| invoice.is_live()) {
        let (id, balance, stop) = (&invoice.id, invoice.balance().minor(), invoice.stop(now));
        writeln!(text, "{id}\u{1f}{}\u{1f}{}\u{1f}{balance}\u{1f}{stop:?}", invoice.issue_date, invoice.due_date)?;
    }
    Ok(())
}
