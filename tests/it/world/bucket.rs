//! The buckets of imports and of anchors: objects in memory behind a client of S3.

use std::sync::Arc;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::operation::complete_multipart_upload::CompleteMultipartUploadOutput;
use aws_sdk_s3::operation::create_multipart_upload::CreateMultipartUploadOutput;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::operation::put_object::{PutObjectInput, PutObjectOutput};
use aws_sdk_s3::operation::upload_part::UploadPartOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::error::NoSuchKey;
use aws_smithy_mocks::{MockResponse, MockResponseInterceptor, Rule, RuleMode, mock};
use aws_smithy_types::body::SdkBody;

use super::Outside;
use super::outside::{Way, mocked};

fn precondition_failed() -> HttpResponse {
    let refused = "<Error><Code>PreconditionFailed</Code></Error>";
    HttpResponse::new(412.try_into().unwrap(), SdkBody::from(refused))
}

impl Outside {
    /// What S3 calls the content of an object.
    pub(crate) fn etag(object: &[u8]) -> String {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut hasher = DefaultHasher::new();
        object.hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }

    pub(crate) fn s3(self: &Arc<Self>) -> aws_sdk_s3::Client {
        let put = self.put();
        let (get, [create, upload, complete]) = (self.get(), self.multipart());
        mocked!(self, aws_sdk_s3, get, put, create, upload, complete)
    }

    fn get(self: &Arc<Self>) -> Rule {
        let outside = Arc::clone(self);
        mock!(aws_sdk_s3::Client::get_object).match_requests(|_| true).then_compute_response(move |input| {
            if let Some(broken) = outside.request(|_| ()) {
                return MockResponse::Http(broken);
            }
            let object = outside.objects.lock().unwrap().get(input.key().unwrap()).cloned();
            let Some(object) = object else {
                return MockResponse::Error(GetObjectError::NoSuchKey(NoSuchKey::builder().build()));
            };
            let named = outside.etags.lock().unwrap().get(input.key().unwrap()).cloned();
            let etag = named.unwrap_or_else(|| Self::etag(&object));
            if input.if_match().is_some_and(|wanted| wanted.trim_matches('"') != etag) {
                return MockResponse::Http(precondition_failed());
            }
            let offset = input.range().map_or(0, |range| {
                range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse::<usize>().unwrap()
            });
            let metadata = outside.metadata.lock().unwrap().clone();
            let output = GetObjectOutput::builder().body(ByteStream::from(object[offset..].to_vec()));
            MockResponse::Output(output.set_metadata(metadata.map(|one| [one].into())).build())
        })
    }

    fn put(self: &Arc<Self>) -> Rule {
        let outside = Arc::clone(self);
        mock!(aws_sdk_s3::Client::put_object).match_requests(|_| true).then_compute_response(
            move |input: &PutObjectInput| {
                let body = input.body().bytes().unwrap().to_vec();
                // Signing an address goes the way of a call, without a body and without being sent.
                let key = input.key().unwrap().to_owned();
                if input.if_none_match() == Some("*") && outside.objects.lock().unwrap().contains_key(&key) {
                    return MockResponse::Http(precondition_failed());
                }
                let put = move |outside: &Outside| drop(outside.objects.lock().unwrap().insert(key, body.clone()));
                let is_sent = !input.body().bytes().unwrap().is_empty();
                match is_sent.then(|| outside.request(put)).flatten() {
                    Some(broken) => MockResponse::Http(broken),
                    None => MockResponse::Output(PutObjectOutput::builder().build()),
                }
            },
        )
    }

    fn multipart(self: &Arc<Self>) -> [Rule; 3] {
        let create = mock!(aws_sdk_s3::Client::create_multipart_upload).match_requests(|_| true).then_compute_response(
            |input| {
                let id = format!("upload of {}", input.key().unwrap());
                MockResponse::Output(CreateMultipartUploadOutput::builder().upload_id(id).build())
            },
        );
        let outside = Arc::clone(self);
        let upload =
            mock!(aws_sdk_s3::Client::upload_part).match_requests(|_| true).then_compute_response(move |input| {
                let key = format!("{} part {:05}", input.upload_id().unwrap(), input.part_number().unwrap());
                outside.objects.lock().unwrap().insert(key, input.body().bytes().unwrap().to_vec());
                MockResponse::Output(UploadPartOutput::builder().e_tag("part").build())
            });
        let outside = Arc::clone(self);
        let complete = mock!(aws_sdk_s3::Client::complete_multipart_upload).match_requests(|_| true);
        let complete = complete.then_compute_response(move |input| {
            let mut objects = outside.objects.lock().unwrap();
            let parts = input.multipart_upload().unwrap().parts();
            let key = |number| format!("{} part {number:05}", input.upload_id().unwrap());
            let whole =
                parts.iter().flat_map(|part| objects.remove(&key(part.part_number().unwrap())).unwrap()).collect();
            objects.insert(input.key().unwrap().to_owned(), whole);
            MockResponse::Output(CompleteMultipartUploadOutput::builder().build())
        });
        [create, upload, complete]
    }
}
