//! A file has arrived: which import it is, and whether it is news.

use std::cmp::Ordering;
use std::sync::Arc;

use aws_lambda_events::s3::{S3Event, S3Object};
use dunlin_aws::store::{Import, ImportId, ImportKind, ImportRun, ImportState, SplitMark, StoreError, Tenancy};
use dunlin_domain::ids::TenantId;

use super::Job;
use crate::IngestError;
use crate::event::Step;
use crate::handler::Handler;
use crate::intake::short_hash;

/// Uploads to an address that the API gave out lie here, below the tenant.
pub(super) const UPLOADS: &str = "uploads";
/// Files below this, below the tenant, are payments.
const PAYMENTS: &str = "payments/";
const PLANS: &str = "plans/";
/// Two notifications of one file rarely come at once; more than a few times never.
const RACES_MAX: u32 = 5;

impl Handler {
    /// Begins an import for each object of a notification.
    ///
    /// # Errors
    /// [`IngestError`]; the notification is delivered again then, and goes on where this one ended.
    pub(crate) async fn notice(&self, event: &S3Event) -> Result<(), IngestError> {
        for record in &event.records {
            self.notice_one(&record.s3.object).await?;
        }
        Ok(())
    }

    async fn notice_one(&self, object: &S3Object) -> Result<(), IngestError> {
        let key = form_decoded(object.key.as_deref().unwrap_or_default());
        let bad = || IngestError::BadObject(key.clone());
        let (tenant, name) = key.strip_prefix("imports/").and_then(|rest| rest.split_once('/')).ok_or_else(bad)?;
        let tenant = TenantId::parse(tenant).map_err(|_| bad())?;
        let tenancy = self.tenancies.get(&tenant).await?.ok_or_else(bad)?;
        let mut lost = 0;
        loop {
            let import = self.import_of(&tenant, &key, name).await?;
            match self.begin(Arc::clone(&tenancy), import, object).await {
                Err(error) if lost < RACES_MAX && error.is_lost_race() => lost += 1,
                other => return other,
            }
        }
    }

    /// The import that a file belongs to: the one whose address it was put to, or one that goes by its name.
    async fn import_of(&self, tenant: &TenantId, key: &str, name: &str) -> Result<Import, IngestError> {
        let stem = name.strip_suffix(".csv").unwrap_or(name);
        let posted = stem.strip_prefix(UPLOADS).and_then(|rest| rest.strip_prefix('/'));
        if let Some(Ok(id)) = posted.map(ImportId::parse)
            && let Some(import) = self.books.store().import(tenant, &id).await?
        {
            return Ok(import);
        }
        let id = format!("file-{:016x}", short_hash(name));
        let id = ImportId::parse(&id).map_err(|_| IngestError::BadObject(key.to_owned()))?;
        if let Some(import) = self.books.store().import(tenant, &id).await? {
            return Ok(import);
        }
        let kind = match name {
            name if name.starts_with(PAYMENTS) => ImportKind::Payments,
            name if name.starts_with(PLANS) => ImportKind::Plans,
            _ => ImportKind::Invoices,
        };
        Ok(Import {
            id,
            kind,
            dry_run: false,
            file_name: name.to_owned(),
            object: key.to_owned(),
            state: ImportState::AwaitingUpload,
            created_at: self.clock.now(None),
            told: None,
            run: None,
            version: 0,
        })
    }

    /// Begins a run, unless this upload, or a later one, has begun one already. Its first message, which may have been
    /// lost, is sent again.
    async fn begin(&self, tenancy: Arc<Tenancy>, import: Import, object: &S3Object) -> Result<(), IngestError> {
        let run = self.run(&import, object);
        if let Some(known) = &import.run {
            if known.id == run.id {
                return self.send_again(tenancy, import).await;
            }
            if sequence(&run.sequencer, &known.sequencer) == Ordering::Less {
                tracing::info!(import = %import.id, "a later upload has replaced this one");
                return Ok(());
            }
        }
        let import = Import { run: Some(run), state: ImportState::Splitting, ..import };
        let Some(mut job) = Job::new(tenancy, import) else { return Ok(()) };
        if !self.save(&mut job).await? {
            return Err(StoreError::Conflict.into());
        }
        tracing::info!(tenant = %job.tenancy.tenant, import = %job.import.id, run = job.run.id, "an import begins");
        self.queue.send(&[job.work(Step::Split)]).await
    }

    async fn send_again(&self, tenancy: Arc<Tenancy>, import: Import) -> Result<(), IngestError> {
        let state = import.state;
        let Some(job) = Job::new(tenancy, import) else { return Ok(()) };
        match state {
            ImportState::Splitting => self.queue.send(&[job.work(Step::Split)]).await,
            ImportState::AwaitingUpload | ImportState::Booking | ImportState::Done | ImportState::Failed => Ok(()),
        }
    }

    fn run(&self, import: &Import, object: &S3Object) -> ImportRun {
        let etag = object.e_tag.clone().unwrap_or_default();
        let sequencer = object.sequencer.clone().unwrap_or_default();
        ImportRun {
            id: format!("{:016x}", short_hash(&format!("{sequencer}\u{1f}{etag}"))),
            etag,
            sequencer,
            bytes: object.size.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0),
            started_at: self.clock.now(None),
            as_of: self.clock.now(import.told),
            split: SplitMark::default(),
            booking_since: None,
            finished_at: None,
            counts: None,
            problem: None,
        }
    }
}

/// Which of two uploads under one name is later. S3 wants the shorter value filled up with zeros on the right.
fn sequence(one: &str, other: &str) -> Ordering {
    let width = one.len().max(other.len());
    format!("{one:0<width$}").cmp(&format!("{other:0<width$}"))
}

/// S3 encodes keys in notifications as forms do: a blank is a plus sign.
fn form_decoded(key: &str) -> String {
    form_urlencoded::parse(key.as_bytes()).map(|(name, _)| name.into_owned()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uploads_are_ordered_as_s3_orders_them() {
        assert_eq!(sequence("0055AED6DCD90281E5", "0055AED6DCD90281E6"), Ordering::Less);
        assert_eq!(sequence("0055AED6DCD90281E5", "0055AED6DCD90281E500"), Ordering::Equal);
        assert_eq!(sequence("0055AF", "0055AED6DCD90281E5"), Ordering::Greater);
    }
}
