//! The very template that is deployed to AWS, deployed into the emulator by the AWS command line.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde::Deserialize;

use crate::client::{ROOT_KEY, create_bucket, put_object};
use crate::console::Step;
use crate::emulator::{Emulator, REGION};
use crate::error::{LocalError, at};
use crate::functions::Package;
use crate::stack::{Options, STACK_NAME};
use crate::tools::Tools;
use crate::{paths, process};

/// The bucket the functions are deployed from.
const PACKAGES: &str = "dunlin-packages";

/// The stack's outputs.
pub(crate) struct Outputs(BTreeMap<String, String>);

impl Outputs {
    pub(crate) fn get(&self, name: &'static str) -> Result<String, LocalError> {
        self.0.get(name).cloned().ok_or(LocalError::MissingOutput(name))
    }

    pub(crate) fn ending_with(&self, suffix: &str) -> BTreeMap<String, String> {
        let stripped = |(name, value): (&String, &String)| Some((name.strip_suffix("Url")?.to_owned(), value.clone()));
        self.0.iter().filter(|(name, _)| name.ends_with(suffix)).filter_map(stripped).collect()
    }
}

/// Does with ready packages what `aws cloudformation package` does: uploads the functions and lets each `CodeUri` say
/// where; then deploys with `aws cloudformation deploy`.
pub(crate) fn deploy(
    tools: &Tools,
    packages: &[Package],
    emulator: &Emulator,
    options: &Options,
) -> Result<Outputs, LocalError> {
    let step = Step::begin("deploying infra/template.yaml");
    let packaged = options.folder.join("packaged.yaml");
    let aws = |arguments: &[&str]| {
        let mut command = aws(tools, emulator);
        command.args(arguments);
        command
    };

    create_bucket(&emulator.endpoint(), PACKAGES)?;
    let mut template = fs::read_to_string(paths::template()).map_err(at(paths::template()))?;
    for package in packages {
        let key = package.zip.file_name().unwrap_or_default().to_string_lossy();
        let bytes = fs::read(&package.zip).map_err(at(&package.zip))?;
        put_object(&emulator.endpoint(), PACKAGES, &key, &bytes)?;
        template = template.replace(&format!("../target/lambda/{}/", package.name), &format!("s3://{PACKAGES}/{key}"));
    }
    fs::write(&packaged, template).map_err(at(&packaged))?;

    let mut deploy = aws(&["cloudformation", "deploy", "--stack-name", STACK_NAME, "--no-fail-on-empty-changeset"]);
    // CloudFormation takes a template of this size only from a bucket.
    deploy.args(["--capabilities", "CAPABILITY_IAM", "--s3-bucket", PACKAGES, "--template-file"]).arg(&packaged);
    deploy.arg("--parameter-overrides");
    deploy.arg(format!("Architecture={}", if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" }));
    deploy.arg(format!("SimulatedTime={}", if options.simulated_time { "on" } else { "off" }));
    deploy.arg(format!("LocalEndpoint={}", emulator.endpoint()));
    deploy.arg("DeletionProtection=off");
    process::run("aws cloudformation deploy", &mut deploy, "")?;

    let described = process::run(
        "aws cloudformation describe-stacks",
        &mut aws(&["cloudformation", "describe-stacks", "--stack-name", STACK_NAME]),
        "",
    )?;
    step.end();
    outputs(&described)
}

/// The command line, blind to whatever accounts the caller may have: it can only reach the emulator.
fn aws(tools: &Tools, emulator: &Emulator) -> Command {
    let mut command = Command::new(tools.aws());
    command.env_clear();
    for name in ["PATH", "HOME", "LANG", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("AWS_ENDPOINT_URL", emulator.endpoint())
        .env("AWS_ACCESS_KEY_ID", ROOT_KEY)
        .env("AWS_SECRET_ACCESS_KEY", ROOT_KEY)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_PAGER", "")
        .args(["--output", "json"]);
    command
}

fn outputs(described: &str) -> Result<Outputs, LocalError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Stacks {
        stacks: Vec<Deployed>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Deployed {
        outputs: Vec<Output>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Output {
        output_key: String,
        output_value: String,
    }

    let stacks: Stacks = serde_json::from_str(described)
        .map_err(|source| LocalError::Json { path: "the answer of describe-stacks".into(), source })?;
    let outputs = stacks.stacks.into_iter().flat_map(|stack| stack.outputs);
    Ok(Outputs(outputs.map(|output| (output.output_key, output.output_value)).collect()))
}
