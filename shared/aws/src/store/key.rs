//! Keys of the table. Every one of them but the deployment's own begins with a tenant, because there is no other way to make
//! one (I6).

use dunlin_domain::contact::Channel;
use dunlin_domain::directory::NamePlace;
use dunlin_domain::ids::{
    AccountKey, AgreementId, BacktestId, DebtorId, HoldId, InvoiceId, OutsideId, PolicyName, PolicyRef, SourceName,
    TenantId,
};
use dunlin_domain::money::Currency;
use dunlin_domain::reach::address::AddressId;
use dunlin_domain::remittance::RemittanceId;
use dunlin_domain::template::TemplateKey;
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::import::ImportId;

/// Partition and sort key of one item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }
}

/// Everything live of a debtor sorts behind this.
pub(crate) const LIVE: &str = "LIVE#";
/// Everything past of a debtor sorts behind this, by time.
pub(crate) const PAST: &str = "PAST#";
/// The kind of an entry of the ledger, in the past.
pub(crate) const ENTRY: &str = "ENTRY";
/// The kinds of what is over, in the past.
pub(crate) const INVOICE: &str = "INVOICE";
pub(crate) const HOLD: &str = "HOLD";
pub(crate) const AGREEMENT: &str = "AGREEMENT";
/// Records of the audit log that have an item of their own.
pub(crate) const AUDIT: &str = "AUDIT";
/// What a commit tells that wrote no history.
pub(crate) const TOLD: &str = "TOLD";
pub(crate) const DECISION: &str = "DECISION";
const LIVE_INVOICE: &str = "LIVE#INVOICE#";
const LIVE_HOLD: &str = "LIVE#HOLD#";
const LIVE_AGREEMENT: &str = "LIVE#AGREEMENT#";
/// The sort key of a debtor's head.
pub const HEAD: &str = "LIVE#DEBTOR";

pub(crate) fn debtor(tenant: &TenantId, debtor: &DebtorId) -> String {
    format!("T#{tenant}#D#{debtor}")
}

pub(crate) fn head(tenant: &TenantId, id: &DebtorId) -> Key {
    Key::new(debtor(tenant, id), HEAD)
}

pub(crate) fn live_invoice(tenant: &TenantId, id: &DebtorId, invoice: &InvoiceId) -> Key {
    Key::new(debtor(tenant, id), format!("{LIVE_INVOICE}{invoice}"))
}

pub(crate) fn is_live_invoice(sk: &str) -> bool {
    sk.starts_with(LIVE_INVOICE)
}

pub(crate) fn hold(tenant: &TenantId, id: &DebtorId, hold: &HoldId) -> Key {
    Key::new(debtor(tenant, id), format!("{LIVE_HOLD}{hold}"))
}

pub(crate) fn is_hold(sk: &str) -> bool {
    sk.starts_with(LIVE_HOLD)
}

pub(crate) fn agreement(tenant: &TenantId, id: &DebtorId, agreement: &AgreementId) -> Key {
    Key::new(debtor(tenant, id), format!("{LIVE_AGREEMENT}{agreement}"))
}

pub(crate) fn is_agreement(sk: &str) -> bool {
    sk.starts_with(LIVE_AGREEMENT)
}

/// A closed invoice lies at its issue date, so that its key follows from its reference.
pub(crate) fn closed_invoice(tenant: &TenantId, id: &DebtorId, invoice: &InvoiceId, issued: Date) -> Key {
    Key::new(debtor(tenant, id), format!("{PAST}{issued}T00:00:00.000000Z#{INVOICE}#{invoice}"))
}

/// `number` orders what one commit wrote.
pub(crate) fn past(tenant: &TenantId, id: &DebtorId, at: Timestamp, kind: &str, number: &str) -> Key {
    Key::new(debtor(tenant, id), format!("{PAST}{}#{kind}#{number}", moment(at)))
}

/// A moment, as keys of the history have it.
pub(crate) fn moment(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// Entries that one commit of a debtor wrote sort behind this.
pub(crate) fn entries_of(at: &str, version: u64) -> String {
    format!("{PAST}{at}#{ENTRY}#{version:08}.")
}

pub(crate) fn cursor(tenant: &TenantId, id: &DebtorId) -> Key {
    Key::new(debtor(tenant, id), "CURSOR")
}

pub(crate) fn invoice_reference(tenant: &TenantId, invoice: &InvoiceId) -> Key {
    Key::new(format!("T#{tenant}#REF#INVOICE#{invoice}"), "REF")
}

pub(crate) fn outside_reference(tenant: &TenantId, kind: &str, source: &SourceName, id: &OutsideId) -> Key {
    Key::new(format!("T#{tenant}#REF#{kind}#{source}#{id}"), "REF")
}

pub(crate) fn remittance(tenant: &TenantId, id: &RemittanceId) -> Key {
    Key::new(format!("T#{tenant}#REMITTANCE#{id}"), "REMITTANCE")
}

/// A payment's allocations lie with it, in the order in which they were made.
pub(crate) fn allocation(tenant: &TenantId, id: &RemittanceId, number: u32) -> Key {
    Key::new(remittance(tenant, id).pk, format!("{ALLOCATION}{number:06}"))
}

pub(crate) const ALLOCATION: &str = "ALLOCATION#";

pub(crate) fn receipt(tenant: &TenantId, provider: &str, id: &str) -> Key {
    Key::new(format!("T#{tenant}#RECEIPT#{provider}#{id}"), "RECEIPT")
}

pub(crate) fn tenant(tenant: &TenantId) -> String {
    format!("T#{tenant}")
}

pub(crate) fn settings(id: &TenantId) -> Key {
    Key::new(tenant(id), "SETTINGS")
}

pub(crate) fn policy(id: &TenantId, policy: &PolicyRef) -> Key {
    Key::new(tenant(id), format!("POLICY#{}#{}", policy.name, policy.version))
}

/// Lies with the tenant's settings, so that one query reads both.
pub(crate) fn account(id: &TenantId, account: &AccountKey) -> Key {
    Key::new(tenant(id), format!("{ACCOUNT}{}#{}", account.portfolio, account.currency))
}

pub(crate) const ACCOUNT: &str = "ACCOUNT#";

/// That a version was saved lies with the tenant's settings as well; its texts do not, because few read them.
pub(crate) fn shelf(id: &TenantId, template: &TemplateKey, version: u32) -> Key {
    Key::new(tenant(id), format!("{TEMPLATE}{}", template_version(template, version)))
}

pub(crate) const TEMPLATE: &str = "TEMPLATE#";

pub(crate) fn template(id: &TenantId, template: &TemplateKey, version: u32) -> Key {
    Key::new(templates(id), template_version(template, version))
}

/// The partition of the texts of a tenant's templates.
pub(crate) fn templates(id: &TenantId) -> String {
    format!("T#{id}#TEMPLATES")
}

/// The partition of the log of a tenant's settings.
pub(crate) fn settings_audit(id: &TenantId) -> String {
    format!("T#{id}#AUDIT")
}

/// Where that log stands.
pub(crate) fn settings_log(id: &TenantId) -> Key {
    Key::new(settings_audit(id), SETTINGS_LOG)
}

/// The sort key of where the log of a tenant's settings stands.
pub const SETTINGS_LOG: &str = "LOG";

pub(crate) fn settings_record(id: &TenantId, seq: u64) -> Key {
    Key::new(settings_audit(id), format!("RECORD#{seq:08}"))
}

/// No part of it holds the character that joins them.
fn template_version(template: &TemplateKey, version: u32) -> String {
    format!("{}#{}#{}#{version:06}", template.name, template.form.as_str(), template.language)
}

pub(crate) fn metric(tenant: &TenantId, account: &AccountKey) -> String {
    format!("T#{tenant}#METRIC#{}#{}", account.portfolio, account.currency)
}

pub(crate) fn due_on(tenant: &TenantId, account: &AccountKey, due: Date) -> Key {
    Key::new(metric(tenant, account), format!("DUE#{due}"))
}

pub(crate) fn day(tenant: &TenantId, account: &AccountKey, day: Date) -> Key {
    Key::new(metric(tenant, account), format!("DAY#{day}"))
}

/// What is agreed and held of an account now.
pub(crate) fn standing(tenant: &TenantId, account: &AccountKey) -> Key {
    Key::new(metric(tenant, account), "STANDING")
}

/// Over how many partitions the directory of a tenant's debtors is spread: enough for some 4,000 new debtors a second. Rows
/// do not move, so neither may this.
pub const DIRECTORY_SHARDS: u32 = 8;

/// A partition of the directory.
pub(crate) fn directory(tenant: &TenantId, shard: u32) -> String {
    format!("T#{tenant}#DEBTORS#{shard}")
}

/// The partition of the directory that a debtor's row lies in.
pub(crate) fn directory_of(tenant: &TenantId, id: &DebtorId) -> String {
    directory(tenant, spread(id.as_str(), DIRECTORY_SHARDS))
}

/// By name; no name holds the character that joins them.
pub(crate) fn directory_place(name: &NamePlace, id: &DebtorId) -> String {
    format!("{}\t{id}", name.as_str())
}

/// One of so many, evenly, and always the same.
pub(crate) fn spread(text: &str, over: u32) -> u32 {
    let digest = Sha256::digest(text);
    let number = digest.iter().take(4).fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
    number.checked_rem(over).unwrap_or(0)
}

/// The partition of a group's own items, by its parent.
pub(crate) fn group(tenant: &TenantId, parent: &DebtorId) -> String {
    format!("T#{tenant}{GROUP}{parent}")
}

/// The tenant and the parent of a group's partition.
pub(crate) fn group_of(pk: &str) -> Option<(&str, &str)> {
    pk.strip_prefix("T#")?.split_once(GROUP)
}

const GROUP: &str = "#GROUP#";

/// How many children a group has.
pub(crate) fn children(tenant: &TenantId, parent: &DebtorId) -> Key {
    Key::new(group(tenant, parent), "GROUP")
}

pub(crate) fn child(tenant: &TenantId, parent: &DebtorId, child: &DebtorId) -> Key {
    Key::new(group(tenant, parent), format!("{CHILD}{child}"))
}

pub(crate) const CHILD: &str = "CHILD#";

/// What a group owes in a currency.
pub(crate) fn group_sum(tenant: &TenantId, parent: &DebtorId, currency: Currency) -> Key {
    Key::new(group(tenant, parent), format!("{GROUP_SUM}{currency}"))
}

/// Sums of groups sort behind this; the projector is woken by what it prefixes.
pub(crate) const GROUP_SUM: &str = "SUM#";

/// What of it falls due in a month, by its days: one item for a month, so that who joins with years of debts is counted in
/// one transaction.
pub(crate) fn group_month(tenant: &TenantId, parent: &DebtorId, currency: Currency, due: Date) -> Key {
    let month = due.first_of_month().strftime("%Y-%m");
    Key::new(group(tenant, parent), format!("{GROUP_DUE}{currency}#{month}"))
}

pub(crate) const GROUP_DUE: &str = "DUE#";

/// What belongs to the deployment and not to a tenant; no tenant's keys begin so.
pub(crate) fn migration(target: &str) -> Key {
    Key::new("DEPLOYMENT".to_owned(), format!("MIGRATION#{target}"))
}

/// A text by the provider's id for it. It belongs to the deployment: who reports of it knows no tenants.
pub(crate) fn text(provider_id: &str) -> Key {
    Key::new(format!("DEPLOYMENT#TEXT#{provider_id}"), "TEXT")
}

/// The debtors who were written to at a number, whosever they are: all texts leave from the deployment's numbers.
pub(crate) fn texted_at(number: &AddressId) -> String {
    format!("DEPLOYMENT#TEXTED#{number}")
}

pub(crate) fn texted(number: &AddressId, tenant: &TenantId, id: &DebtorId) -> Key {
    Key::new(texted_at(number), debtor(tenant, id))
}

/// What the keys of a tenant's suppressed addresses begin with.
pub(crate) fn suppressions(tenant: &TenantId) -> String {
    format!("T#{tenant}#SUPPRESS#")
}

pub(crate) fn suppression(tenant: &TenantId, channel: Channel, address: &AddressId) -> Key {
    Key::new(format!("{}{}#{address}", suppressions(tenant), channel.as_str()), "SUPPRESS")
}

/// The index partition that lists a tenant's suppressed addresses by time.
pub(crate) fn suppressed_shard(tenant: &TenantId) -> String {
    format!("T#{tenant}#SUPPRESSED")
}

pub(crate) fn unknown_events(tenant: &TenantId, provider: &str, event_type: &str) -> Key {
    Key::new(format!("T#{tenant}#METRIC#{provider}"), format!("UNKNOWN#{event_type}"))
}

/// The index partition that lists what waits for its invoice. It shares the due index, which is sparse.
pub(crate) fn unmatched_shard(tenant: &TenantId) -> String {
    format!("T#{tenant}#UNMATCHED")
}

pub(crate) fn import(tenant: &TenantId, id: &ImportId) -> Key {
    Key::new(imports_shard(tenant), id.as_str())
}

/// The partition of a tenant's imports, and the index partition that lists them by time.
pub(crate) fn imports_shard(tenant: &TenantId) -> String {
    format!("T#{tenant}#IMPORTS")
}

pub(crate) fn import_parts(tenant: &TenantId, id: &ImportId) -> String {
    format!("T#{tenant}#IMPORT#{id}")
}

/// Every part of a run sorts behind this.
pub(crate) fn import_run(run: &str) -> String {
    format!("RUN#{run}#PART#")
}

pub(crate) fn import_part(tenant: &TenantId, id: &ImportId, run: &str, number: u32) -> Key {
    Key::new(import_parts(tenant, id), format!("{}{number:03}", import_run(run)))
}

/// The partition of a backtest, by the policy that is tried.
pub(crate) fn backtest(tenant: &TenantId, policy: &PolicyName, id: &BacktestId) -> String {
    format!("T#{tenant}#BACKTEST#{policy}#{id}")
}

/// What is tried.
pub(crate) fn backtest_wanted(tenant: &TenantId, policy: &PolicyName, id: &BacktestId) -> Key {
    Key::new(backtest(tenant, policy, id), "BACKTEST")
}

/// What came of it, for one partition of the directory.
pub(crate) fn backtest_part(tenant: &TenantId, policy: &PolicyName, id: &BacktestId, shard: u32) -> Key {
    Key::new(backtest(tenant, policy, id), format!("{BACKTEST_PART}{shard}"))
}

pub(crate) const BACKTEST_PART: &str = "PART#";

/// Of the day, and of the batch that told it.
pub(crate) fn moved(day: Date, batch: &str) -> Key {
    Key::new(moved_on(day), batch)
}

/// The partition of the logs that were told to have moved on a day, of all tenants: a day without any costs one read.
pub(crate) fn moved_on(day: Date) -> String {
    format!("DEPLOYMENT#MOVED#{day}")
}

/// Not with the tenant's settings: nobody else reads it.
pub(crate) fn anchor(tenant: &TenantId) -> Key {
    Key::new(format!("T#{tenant}#ANCHOR"), "ANCHOR")
}

pub(crate) fn anchored() -> Key {
    Key::new("DEPLOYMENT".to_owned(), "ANCHORED")
}

/// The index partition of a shard of debtors that have a next step. Shards belong to the deployment, not to a tenant,
/// so that a tenant with nothing due costs nothing.
#[must_use]
pub fn due_shard(shard: u32) -> String {
    format!("DUE#{shard}")
}
