//! A DynamoDB in this process. Each [`TestTable`] has its own database and its own port.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
};
use dunlin_aws::books::Books;
use dunlin_aws::store::{HEAD, SETTINGS_LOG, Store, TableConfig, Tenancy};
use dunlin_domain::ids::TenantId;
use dynoxide::actions::{
    describe_stream::DescribeStreamRequest, get_records::GetRecordsRequest,
    get_shard_iterator::GetShardIteratorRequest, list_streams::ListStreamsRequest, scan::ScanRequest,
};
use dynoxide::types::AttributeValue as Stored;
use dynoxide::{Database, ImportOptions, Item};
use serde_json::{Map, Value, json};

use crate::dynamo::Dynamo;

/// The table's name.
pub const TABLE: &str = "dunlin-test";
const DUE_INDEX: &str = "due";
/// How many tables there were: the client's budget of retries is one for all clients of a partition, and what happens at
/// one table must not hang on another.
static TABLES: AtomicUsize = AtomicUsize::new(0);
/// Over how many partitions of the index debtors are spread; few, because each costs a read an hour.
pub const DUE_SHARDS: u32 = 2;

/// The table of `infra/template.yaml`, empty but for tenants.
pub struct TestTable {
    database: Database,
    dynamo: Dynamo,
    client: Client,
    due_shards: u32,
    /// Where reading of the stream goes on.
    iterator: Mutex<Option<String>>,
}

impl TestTable {
    /// Starts a database and makes the table. The client repeats what failed as it does on AWS, only at once.
    pub async fn start() -> Self {
        Self::with_retries(RetryConfig::standard().with_initial_backoff(Duration::ZERO)).await
    }

    /// The same with a client that repeats nothing by itself, so that every fault reaches whoever asked.
    pub async fn without_retries() -> Self {
        Self::with_retries(RetryConfig::disabled()).await
    }

    async fn with_retries(retries: RetryConfig) -> Self {
        let database = Database::memory().unwrap();
        let dynamo = Dynamo::new(database.clone());
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .retry_config(retries)
            .retry_partition(RetryPartition::new(format!("table-{}", TABLES.fetch_add(1, Ordering::Relaxed))))
            .http_client(dynamo.clone())
            .build();
        let table = Self {
            database,
            dynamo,
            client: Client::from_conf(config),
            due_shards: DUE_SHARDS,
            iterator: Mutex::new(None),
        };
        table.create().await;
        drop(table.dynamo.take_bill());
        table
    }

    /// The same table with its debtors spread over so many partitions of the index, as a deployment has it.
    #[must_use]
    pub fn spread_over(self, due_shards: u32) -> Self {
        Self { due_shards, ..self }
    }

    /// The same table for more writes than a test makes: without its stream, and with no memory of the tokens that tell a
    /// repeated transaction. Of both the database looks through all that there are at every write.
    #[must_use]
    pub fn for_many_writes(self) -> Self {
        self.dynamo.forget_tokens();
        let off = json!({ "TableName": TABLE, "StreamSpecification": { "StreamEnabled": false } });
        self.database.update_table(serde_json::from_value(off).unwrap()).unwrap();
        self
    }

    /// What requests meet on their way: what they cost, and how they fail.
    #[must_use]
    pub fn dynamo(&self) -> &Dynamo {
        &self.dynamo
    }

    /// The client that talks to it.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The table as the functions see it.
    #[must_use]
    pub fn store(&self) -> Store {
        self.store_through(self.client.clone())
    }

    /// The same through a client of the test's own.
    #[must_use]
    pub fn store_through(&self, client: Client) -> Store {
        let config = TableConfig {
            table: TABLE.to_owned(),
            due_index: DUE_INDEX.to_owned(),
            due_shards: self.due_shards,
            settings_kept: Duration::MAX,
        };
        Store::new(client, config)
    }

    /// The books in it.
    #[must_use]
    pub fn books(&self) -> Books {
        Books::new(self.store(), "tests")
    }

    /// Sets a tenant up. `settings` add to, or replace, what a tenant must have.
    pub async fn add_tenant(&self, tenant: &str, settings: &[(&str, &str)]) {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let mut item = HashMap::from([
            ("PK".to_owned(), AttributeValue::S(format!("T#{tenant}"))),
            ("SK".to_owned(), text("SETTINGS")),
            ("name".to_owned(), AttributeValue::S(format!("{tenant} Ltd"))),
            ("reply_to".to_owned(), AttributeValue::S(format!("accounts@{tenant}.example"))),
            ("time_zone".to_owned(), text("UTC")),
        ]);
        item.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), text(value))));
        self.client.put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
    }

    /// A tenant as the functions see it.
    pub async fn tenancy(&self, tenant: &TenantId) -> Tenancy {
        self.store().tenancy(tenant).await.unwrap().unwrap()
    }

    /// Every item, in no order, as plain JSON. No request of the client's, so it is not counted and cannot fail.
    pub async fn items(&self) -> Vec<Map<String, Value>> {
        let (mut items, mut after) = (Vec::new(), None);
        loop {
            let request =
                ScanRequest { table_name: TABLE.to_owned(), exclusive_start_key: after, ..Default::default() };
            let page = self.database.scan(request).unwrap();
            let found = page.items.unwrap_or_default();
            items.extend(
                found.iter().map(|item| item.iter().map(|(name, value)| (name.clone(), plain(value))).collect()),
            );
            after = page.last_evaluated_key;
            if after.is_none() {
                return items;
            }
        }
    }

    /// Puts copies of an item into the table, unseen by the stream and uncounted: `change` makes each its own.
    pub fn fill(&self, pattern: &Item, copies: u32, change: impl Fn(u32, &mut Item)) {
        let copy = |n| {
            let mut item = pattern.clone();
            change(n, &mut item);
            item
        };
        self.database.import_items(TABLE, (0..copies).map(copy).collect(), ImportOptions::default()).unwrap();
    }

    /// An item as the database keeps it.
    #[must_use]
    pub fn item(&self, pk: &str, sk: &str) -> Option<Item> {
        let key = json!({ "TableName": TABLE, "Key": { "PK": { "S": pk }, "SK": { "S": sk } } });
        self.database.get_item(serde_json::from_value(key).unwrap()).unwrap().item
    }

    /// Records of the stream that were not read before, in order, filtered as the template does: heads of debtors and
    /// sums of groups that were put, and where logs of settings stand.
    pub fn new_heads(&self) -> Vec<Value> {
        let mut records = self.new_records();
        records.retain(is_watched);
        records
    }

    /// Every record of the stream that was not read before, in order: what was written, write by write.
    pub fn new_records(&self) -> Vec<Value> {
        let mut position = self.iterator.lock().unwrap();
        let mut iterator = position.take().unwrap_or_else(|| self.trim_horizon());
        let mut records = Vec::new();
        loop {
            let request = GetRecordsRequest { shard_iterator: iterator.clone(), limit: None };
            let page = self.database.get_records(request).unwrap();
            if page.records.is_empty() {
                break;
            }
            iterator = page.next_shard_iterator.unwrap();
            records.extend(page.records.iter().map(|record| serde_json::to_value(record).unwrap()));
        }
        *position = Some(iterator);
        records
    }

    fn trim_horizon(&self) -> String {
        let streams = self.database.list_streams(ListStreamsRequest::default()).unwrap().streams;
        let stream_arn = streams.first().unwrap().stream_arn.clone();
        let about = DescribeStreamRequest { stream_arn: stream_arn.clone(), ..DescribeStreamRequest::default() };
        let shards = self.database.describe_stream(about).unwrap().stream_description.shards;
        assert_eq!(shards.len(), 1, "the stream has one shard, so its records are in order");
        let request = GetShardIteratorRequest {
            stream_arn,
            shard_id: shards.first().unwrap().shard_id.clone(),
            shard_iterator_type: "TRIM_HORIZON".to_owned(),
            sequence_number: None,
        };
        self.database.get_shard_iterator(request).unwrap().shard_iterator.unwrap()
    }

    async fn create(&self) {
        let key =
            |name: &str, key_type| KeySchemaElement::builder().attribute_name(name).key_type(key_type).build().unwrap();
        let text = |name: &str| {
            let definition = AttributeDefinition::builder().attribute_name(name);
            definition.attribute_type(ScalarAttributeType::S).build().unwrap()
        };
        let keys = Projection::builder().projection_type(ProjectionType::KeysOnly).build();
        let due = GlobalSecondaryIndex::builder()
            .index_name(DUE_INDEX)
            .key_schema(key("due_shard", KeyType::Hash))
            .key_schema(key("due_at", KeyType::Range))
            .projection(keys)
            .build()
            .unwrap();
        let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewImage);
        let call = self.client.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
        let call =
            ["PK", "SK", "due_shard", "due_at"].iter().fold(call, |call, name| call.attribute_definitions(text(name)));
        call.key_schema(key("PK", KeyType::Hash))
            .key_schema(key("SK", KeyType::Range))
            .global_secondary_indexes(due)
            .stream_specification(stream.build().unwrap())
            .send()
            .await
            .unwrap();
    }
}

/// Whether the projector is given a record.
#[must_use]
pub fn is_watched(record: &Value) -> bool {
    let sort_key = record["dynamodb"]["Keys"]["SK"]["S"].as_str().unwrap_or_default();
    let watched = sort_key == HEAD || sort_key == SETTINGS_LOG || sort_key.starts_with("SUM#");
    record["eventName"] != "REMOVE" && watched
}

/// What a record of the stream says of its item now, as plain JSON; nothing where the item was removed.
#[must_use]
pub fn image(record: &Value) -> Map<String, Value> {
    let image = record["dynamodb"].get("NewImage").cloned().unwrap_or_else(|| json!({}));
    let image: BTreeMap<String, Stored> = serde_json::from_value(image).unwrap();
    image.iter().map(|(name, value)| (name.clone(), plain(value))).collect()
}

fn plain(value: &Stored) -> Value {
    match value {
        Stored::S(text) => json!(text),
        Stored::N(number) => json!(number.parse::<i64>().unwrap()),
        Stored::BOOL(value) => json!(value),
        Stored::B(bytes) => json!(bytes),
        Stored::L(items) => items.iter().map(plain).collect(),
        Stored::M(fields) => fields.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        _ => Value::Null,
    }
}
