//! What a function is told at its start, by Lambda and by the template.

use std::net::SocketAddr;

/// Stands for what only a deployment knows, such as the name of the table.
const PLACEHOLDER: &str = "dunlin-weighed";

/// The environment of `function`. It has the variables of all functions: none minds those of another.
pub(crate) fn environment(template: &str, function: &str, runtime_api: SocketAddr) -> Vec<(String, String)> {
    let lambda = [
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string().as_str()),
        ("AWS_LAMBDA_FUNCTION_NAME", &format!("dunlin-{function}")),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &format!("/aws/lambda/dunlin-{function}")),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef"),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "example"),
        ("AWS_SESSION_TOKEN", "example"),
        ("LAMBDA_TASK_ROOT", "/var/task"),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("_HANDLER", "bootstrap"),
        ("LANG", "en_US.UTF-8"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("TZ", ":UTC"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    template_variables(template).into_iter().chain(lambda).collect()
}

/// What stands below every `Variables:` of the template.
fn template_variables(template: &str) -> Vec<(String, String)> {
    let text = |line: &&str| !line.trim_start().is_empty() && !line.trim_start().starts_with('#');
    let mut lines = template.lines().filter(text).peekable();
    let mut found = Vec::new();
    while let Some(heading) = lines.next() {
        if heading.trim() != "Variables:" {
            continue;
        }
        let depth = lines.peek().map_or(0, |first| indentation(first));
        while let Some(line) = lines.next_if(|line| indentation(line) > indentation(heading)) {
            if let Some((name, said)) = line.trim().split_once(':').filter(|_| indentation(line) == depth) {
                found.push((name.to_owned(), value(template, said.trim())));
            }
        }
    }
    found
}

/// A literal as it stands, a parameter by its default, and anything else by a placeholder.
fn value(template: &str, said: &str) -> String {
    let known = match said.strip_prefix("!Ref ") {
        Some(parameter) => default_of(template, parameter),
        None => Some(said).filter(|said| !said.is_empty() && !said.starts_with('!')),
    };
    known.unwrap_or(PLACEHOLDER).trim_matches('"').to_owned()
}

fn default_of<'template>(template: &'template str, parameter: &str) -> Option<&'template str> {
    let heading = format!("  {parameter}:");
    let below = template.lines().skip_while(|line| *line != heading).skip(1);
    let mut below = below.take_while(|line| indentation(line) > 2);
    below.find_map(|line| line.trim().strip_prefix("Default: "))
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = r#"
Parameters:
  DueShards:
    Type: Number
    Default: 8
  SimulatedTime:
    Type: String
    Default: "off"
Globals:
  Function:
    Environment:
      Variables:
        TABLE_NAME: !Ref Table
        # how it is found
        DUE_INDEX: due
        DUE_SHARDS: !Ref DueShards
        SIMULATED_TIME: !Ref SimulatedTime
Resources:
  Table:
    Type: AWS::DynamoDB::Table
  One:
    Properties:
      Environment:
        Variables:
          PUBLIC_URL: !If
            - OnAws
            - !Sub https://${HttpApi}.example
      Events: { Variables: none }
"#;

    #[test]
    fn the_template_tells_what_it_can_and_placeholders_stand_for_the_rest() {
        let expected = [
            ("TABLE_NAME", PLACEHOLDER),
            ("DUE_INDEX", "due"),
            ("DUE_SHARDS", "8"),
            ("SIMULATED_TIME", "off"),
            ("PUBLIC_URL", PLACEHOLDER),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(template_variables(TEMPLATE), expected);
    }

    #[test]
    fn lambda_tells_where_its_runtime_api_is() {
        let environment = environment(TEMPLATE, "projector", SocketAddr::from(([127, 0, 0, 1], 9001)));
        let has = |name: &str, value: &str| environment.iter().any(|pair| pair.0 == name && pair.1 == value);
        assert!(has("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"));
        assert!(has("AWS_LAMBDA_FUNCTION_NAME", "dunlin-projector"));
        assert!(has("DUE_INDEX", "due"));
    }
}
