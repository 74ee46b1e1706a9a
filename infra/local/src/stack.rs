//! A running stack: what it is called and where it is reached.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::error::{LocalError, at};
use crate::tools::Tools;
use crate::{client::Client, deploy, emulator, functions, paths, process, tenant};

/// Every local stack has this name; each has an emulator of its own, so they do not meet.
pub(crate) const STACK_NAME: &str = "dunlin";

/// Tools and functions are shared by the stacks that the tests of one program start.
static PREPARING: Mutex<()> = Mutex::new(());

/// A running stack, as `cargo local up --json` prints it and `stack.json` keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Description {
    /// Base address of the API, without a trailing slash.
    pub api_url: String,
    /// An ID token of the demo tenant's owner, good for an hour: `Authorization: Bearer <token>`.
    pub token: String,
    pub tenant: String,
    /// The emulator's address.
    pub endpoint: String,
    pub mailbox_url: String,
    pub sms_url: String,
    pub table: String,
    pub scan_queue_url: String,
    pub dispatch_queue_url: String,
    pub feedback_queue_url: String,
    pub import_bucket: String,
    pub anchor_bucket: String,
    pub bus: String,
    pub user_pool_id: String,
    pub user_pool_client_id: String,
    pub stripe_webhook_url: String,
    pub stripe_signing_secret: String,
    /// Whether the functions honour the header `dunlin-simulated-time`.
    pub simulated_time: bool,
    /// The functions' names, by the name of their crate.
    pub functions: BTreeMap<String, String>,
    /// Addresses of the dead-letter queues, by their names in the template.
    pub dead_letters: BTreeMap<String, String>,
    pub log: PathBuf,
    pub port: u16,
    /// The emulator's process group.
    pub process_group: u32,
}

impl Description {
    /// The stack that `cargo local up` left running, if its emulator is alive.
    ///
    /// # Errors
    /// [`LocalError::Json`] if its description cannot be read.
    pub fn running() -> Result<Option<Self>, LocalError> {
        Ok(Self::load(&paths::local())?.filter(|stack| process::lives(stack.process_group, &paths::local())))
    }

    pub(crate) fn load(folder: &Path) -> Result<Option<Self>, LocalError> {
        let file = folder.join("stack.json");
        match fs::read(&file) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map(Some).map_err(|source| LocalError::Json { path: file, source })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at(file)(error)),
        }
    }

    pub(crate) fn save(&self, folder: &Path) -> Result<(), LocalError> {
        let file = folder.join("stack.json");
        let text = serde_json::to_vec_pretty(self).map_err(|source| LocalError::Json { path: file.clone(), source })?;
        fs::write(&file, text).map_err(at(file))
    }

    pub(crate) fn forget(folder: &Path) {
        let _ = fs::remove_file(folder.join("stack.json"));
    }
}

/// How a stack is to be.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where its state and log go. Each running stack needs a folder of its own, under [`paths::local`].
    pub folder: PathBuf,
    /// The template's parameter `SimulatedTime`.
    pub simulated_time: bool,
    /// Whether it ends when this program does, however that ends.
    pub ends_with_us: bool,
}

impl Options {
    /// What `cargo local up` starts: simulated time, and it stays.
    #[must_use]
    pub fn to_stay() -> Self {
        Self { folder: paths::local(), simulated_time: true, ends_with_us: false }
    }

    /// A stack for a test, with its state under `target/local/<name>`.
    #[must_use]
    pub fn for_test(name: &str) -> Self {
        Self { folder: paths::local().join(name), simulated_time: true, ends_with_us: true }
    }

    /// The same with the clock of the wall.
    #[must_use]
    pub fn with_real_time(self) -> Self {
        Self { simulated_time: false, ..self }
    }
}

/// A running stack with a tenant `demo` in it. It ends when this value is dropped.
#[derive(Debug)]
pub struct Stack {
    description: Description,
    folder: PathBuf,
}

impl Stack {
    /// Starts the emulator, deploys `infra/template.yaml` and creates the demo tenant. The functions are those in
    /// `target/debug`, which have to be built.
    ///
    /// # Errors
    /// [`LocalError`] says which step failed; nothing is left running.
    pub fn start(port: u16, options: &Options) -> Result<Self, LocalError> {
        let (tools, packages) = {
            let _one_at_a_time = PREPARING.lock();
            let tools = Tools::installed()?;
            let packages = functions::package(&tools)?;
            (tools, packages)
        };
        let emulator = emulator::start(&tools, port, options)?;
        let description = deploy_into(&tools, &packages, &emulator, options)?;
        emulator.keep();
        Ok(Self { description, folder: options.folder.clone() })
    }

    /// As [`Stack::start`], on whichever port is free.
    ///
    /// # Errors
    /// As [`Stack::start`].
    pub fn start_anywhere(options: &Options) -> Result<Self, LocalError> {
        Self::start(emulator::free_port()?, options)
    }

    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.description.clone())
    }

    /// Leaves the stack running.
    pub(crate) fn detach(self) -> Description {
        let description = self.description.clone();
        process::keep_on_interrupt(description.process_group);
        std::mem::forget(self);
        description
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        process::end_group(self.description.process_group, &paths::local());
        process::keep_on_interrupt(self.description.process_group);
        Description::forget(&self.folder);
    }
}

/// Deploys into a running emulator, new or again.
pub(crate) fn deploy_into(
    tools: &Tools,
    packages: &[functions::Package],
    emulator: &emulator::Emulator,
    options: &Options,
) -> Result<Description, LocalError> {
    let outputs = deploy::deploy(tools, packages, emulator, options)?;
    let mut description = describe(&outputs, emulator, options)?;
    description.token = tenant::create(&Client::new(description.clone()))?;
    description.save(&options.folder)?;
    Ok(description)
}

fn describe(
    outputs: &deploy::Outputs,
    emulator: &emulator::Emulator,
    options: &Options,
) -> Result<Description, LocalError> {
    let endpoint = emulator.endpoint();
    let api_url = outputs.get("ApiUrl")?;
    Ok(Description {
        token: String::new(),
        tenant: tenant::TENANT.to_owned(),
        mailbox_url: format!("{endpoint}/_ministack/ses/messages"),
        sms_url: format!("{endpoint}/_ministack/sns/sms-messages"),
        table: outputs.get("TableName")?,
        scan_queue_url: outputs.get("ScanQueueUrl")?,
        dispatch_queue_url: outputs.get("DispatchQueueUrl")?,
        feedback_queue_url: outputs.get("FeedbackQueueUrl")?,
        import_bucket: outputs.get("ImportBucketName")?,
        anchor_bucket: outputs.get("AnchorBucketName")?,
        bus: outputs.get("BusName")?,
        user_pool_id: outputs.get("UserPoolId")?,
        user_pool_client_id: outputs.get("UserPoolClientId")?,
        stripe_webhook_url: format!("{api_url}/webhooks/stripe/{}", tenant::TENANT),
        stripe_signing_secret: tenant::STRIPE_SIGNING_SECRET.to_owned(),
        simulated_time: options.simulated_time,
        functions: functions::FUNCTIONS
            .iter()
            .map(|name| ((*name).to_owned(), format!("{STACK_NAME}-{name}")))
            .collect(),
        dead_letters: outputs.ending_with("DeadLettersUrl"),
        log: emulator.log().to_path_buf(),
        port: emulator.port(),
        process_group: emulator.group(),
        api_url,
        endpoint,
    })
}
