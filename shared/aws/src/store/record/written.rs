//! By what a message was written, and what it said beyond its plan: enough to write it again, byte for byte.

use std::collections::BTreeMap;

use dunlin_domain::collection::PaymentPage;
use dunlin_domain::duty::outreach::Block;
use dunlin_domain::ids::InvoiceId;
use dunlin_domain::message::Written;
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::template::{Facts, TemplateRef};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{known, read};
use crate::store::error::StoreError;

/// The version of the template, and the hash of what it made.
pub(crate) fn written_pair(written: &Written) -> (String, String) {
    (written.template.to_string(), written.digest.clone())
}

pub(crate) fn read_written((template, digest): &(String, String)) -> Result<Written, StoreError> {
    Ok(Written { template: read("template", TemplateRef::parse(template))?, digest: digest.clone() })
}

/// What a message said beyond its plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FactsRecord {
    on: Date,
    debtor: String,
    sender: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    creditor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    privacy_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pay_url: Option<String>,
    opt_out_url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_try: Option<Date>,
    /// By invoice.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pages: BTreeMap<String, String>,
    /// By invoice, in minor units.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    charges: BTreeMap<String, i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    demanded: Vec<String>,
}

impl FactsRecord {
    pub(crate) fn of(facts: &Facts) -> Self {
        Self {
            on: facts.on,
            debtor: facts.debtor.clone(),
            sender: facts.sender.clone(),
            creditor: facts.creditor.clone(),
            address: facts.address.clone(),
            privacy_url: facts.privacy_url.clone(),
            pay_url: facts.pay_url.clone(),
            opt_out_url: facts.opt_out_url.clone(),
            next_try: facts.next_try,
            pages: facts.pages.iter().map(|(id, page)| (id.to_string(), page.to_string())).collect(),
            charges: facts.charges.iter().map(|(id, sum)| (id.to_string(), sum.minor())).collect(),
            demanded: facts.demanded.iter().map(ToString::to_string).collect(),
        }
    }

    pub(crate) fn read(&self, currency: Currency) -> Result<Facts, StoreError> {
        let invoice = |id: &String| read("invoice", InvoiceId::parse(id));
        let page = |(id, page): (&String, &String)| Ok((invoice(id)?, read("page", PaymentPage::parse(page))?));
        let charge = |(id, minor): (&String, &i64)| Ok((invoice(id)?, Money::from_minor(*minor, currency)));
        Ok(Facts {
            on: self.on,
            debtor: self.debtor.clone(),
            sender: self.sender.clone(),
            creditor: self.creditor.clone(),
            address: self.address.clone(),
            privacy_url: self.privacy_url.clone(),
            pay_url: self.pay_url.clone(),
            opt_out_url: self.opt_out_url.clone(),
            next_try: self.next_try,
            pages: self.pages.iter().map(page).collect::<Result<_, StoreError>>()?,
            charges: self.charges.iter().map(charge).collect::<Result<_, StoreError>>()?,
            demanded: self
                .demanded
                .iter()
                .map(|name| known("demanded", name, Block::parse(name)))
                .collect::<Result<_, StoreError>>()?,
        })
    }
}
