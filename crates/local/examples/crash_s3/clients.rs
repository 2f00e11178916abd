//! Clients that change objects, and remember what may be there.

use std::collections::BTreeMap;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, CreateBucketConfiguration};

use crate::{Outcome, Random};

const BUCKET: &str = "crash-s3";

/// What an object holds, by seed and length; `None` when it is not there.
type State = Option<(u64, usize)>;

/// An upload in parts that was begun.
struct Upload {
    key: String,
    id: String,
    /// What its one part holds, and its entity tag.
    part: Option<((u64, usize), String)>,
}

/// One of several clients; each has keys of its own.
pub(crate) struct Client {
    name: u64,
    random: Random,
    /// What each key may hold: one state when the last change was answered, else the one before and the one after.
    objects: BTreeMap<String, Vec<State>>,
    upload: Option<Upload>,
    answered: u32,
}

/// Bytes that tell where they are from.
fn content((seed, length): (u64, usize)) -> Vec<u8> {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    (0..length).map(|_| u8::try_from(random.below(256)).unwrap_or(0)).collect()
}

/// Whether a call failed because the server went away, which is no answer. `Err` when it was answered with a refusal.
fn unanswered<E: ProvideErrorMetadata + Send + Sync + 'static>(error: SdkError<E>) -> Outcome {
    match &error {
        SdkError::ServiceError(refused) => {
            Err(format!("refused: {:?} {:?}", refused.err().code(), refused.err().message()).into())
        }
        _ => Ok(()),
    }
}

pub(crate) async fn make_bucket(s3: &aws_sdk_s3::Client) -> Outcome {
    let place = CreateBucketConfiguration::builder().location_constraint("ap-northeast-1".into()).build();
    s3.create_bucket().bucket(BUCKET).create_bucket_configuration(place).send().await?;
    Ok(())
}

impl Client {
    pub(crate) fn new(name: u64, seed: u64) -> Self {
        Self { name, random: Random(seed | 1), objects: BTreeMap::new(), upload: None, answered: 0 }
    }

    /// Changes things until the server goes away. Gives how many changes were answered.
    pub(crate) async fn work(&mut self, s3: &aws_sdk_s3::Client) -> Outcome<u32> {
        let before = self.answered;
        while self.step(s3).await? {
            self.answered += 1;
        }
        Ok(self.answered - before)
    }

    /// One change. False when it was not answered.
    async fn step(&mut self, s3: &aws_sdk_s3::Client) -> Outcome<bool> {
        let key = self.key();
        match self.random.below(10) {
            0..=4 => self.put(s3, &key).await,
            5 => self.delete(s3, &key).await,
            6 | 7 => self.copy(s3, &key).await,
            _ => self.upload(s3, key).await,
        }
    }

    fn key(&mut self) -> String {
        format!("client-{}/{}", self.name, self.random.below(6))
    }

    /// Some contents are put by several clients: their bytes are kept once.
    fn any_content(&mut self) -> (u64, usize) {
        let seed = self.random.below(12);
        (seed, *self.random.pick(&[0, 1, 900, 16_384, 16_385, 60_000, 700_000]))
    }

    fn may_become(&mut self, key: &str, state: State) {
        self.objects.entry(key.to_owned()).or_insert_with(|| vec![None]).push(state);
    }

    fn became(&mut self, key: &str, state: State) -> bool {
        self.objects.insert(key.to_owned(), vec![state]);
        true
    }

    async fn put(&mut self, s3: &aws_sdk_s3::Client, key: &str) -> Outcome<bool> {
        let what = self.any_content();
        self.may_become(key, Some(what));
        match s3.put_object().bucket(BUCKET).key(key).body(content(what).into()).send().await {
            Ok(_) => Ok(self.became(key, Some(what))),
            Err(error) => unanswered(error).map(|()| false),
        }
    }

    async fn delete(&mut self, s3: &aws_sdk_s3::Client, key: &str) -> Outcome<bool> {
        self.may_become(key, None);
        match s3.delete_object().bucket(BUCKET).key(key).send().await {
            Ok(_) => Ok(self.became(key, None)),
            Err(error) => unanswered(error).map(|()| false),
        }
    }

    async fn copy(&mut self, s3: &aws_sdk_s3::Client, key: &str) -> Outcome<bool> {
        let there: Vec<(String, (u64, usize))> = self
            .objects
            .iter()
            .filter(|(one, _)| *one != key)
            .filter_map(|(one, states)| Some((one.clone(), (*states.last()?)?)))
            .collect();
        if there.is_empty() {
            return self.put(s3, key).await;
        }
        let (source, what) = self.random.pick(&there).clone();
        self.may_become(key, Some(what));
        let copy = s3.copy_object().bucket(BUCKET).key(key).copy_source(format!("{BUCKET}/{source}"));
        match copy.send().await {
            Ok(_) => Ok(self.became(key, Some(what))),
            Err(error) => unanswered(error).map(|()| false),
        }
    }

    /// The next step of the upload under way, or the first of a new one.
    async fn upload(&mut self, s3: &aws_sdk_s3::Client, key: String) -> Outcome<bool> {
        let Some(upload) = self.upload.take() else {
            return match s3.create_multipart_upload().bucket(BUCKET).key(&key).send().await {
                Ok(made) => {
                    let id = made.upload_id.ok_or("an upload has no id")?;
                    self.upload = Some(Upload { key, id, part: None });
                    Ok(true)
                }
                Err(error) => unanswered(error).map(|()| false),
            };
        };
        let Upload { key, id, part } = upload;
        let Some((what, tag)) = part else {
            let what = (self.random.below(12), *self.random.pick(&[1, 20_000, 300_000]));
            let send = s3.upload_part().bucket(BUCKET).key(&key).upload_id(&id).part_number(1);
            return match send.body(content(what).into()).send().await {
                Ok(sent) => {
                    let tag = sent.e_tag.ok_or("a part has no tag")?;
                    self.upload = Some(Upload { key, id, part: Some((what, tag)) });
                    Ok(true)
                }
                Err(error) => {
                    self.upload = Some(Upload { key, id, part: None });
                    unanswered(error).map(|()| false)
                }
            };
        };
        if self.random.below(5) == 0 {
            let abort = s3.abort_multipart_upload().bucket(BUCKET).key(&key).upload_id(&id).send().await;
            return match abort {
                Ok(_) => Ok(true),
                Err(error) => unanswered(error).map(|()| false),
            };
        }
        self.may_become(&key, Some(what));
        let part = CompletedPart::builder().part_number(1).e_tag(&tag).build();
        let parts = CompletedMultipartUpload::builder().parts(part).build();
        let complete = s3.complete_multipart_upload().bucket(BUCKET).key(&key).upload_id(&id).multipart_upload(parts);
        match complete.send().await {
            Ok(_) => Ok(self.became(&key, Some(what))),
            // It may be under way still, or done: the check looks at the object only.
            Err(error) => unanswered(error).map(|()| false),
        }
    }
}

/// Looks whether each object is what it may be, and whether there is nothing else. From here on it is what was seen.
pub(crate) async fn check(s3: &aws_sdk_s3::Client, clients: &mut [Client]) -> Outcome {
    let mut there = BTreeMap::new();
    for client in clients {
        let keys: Vec<String> = client.objects.keys().cloned().collect();
        for key in keys {
            let states = client.objects.get(&key).cloned().unwrap_or_default();
            let seen = match s3.get_object().bucket(BUCKET).key(&key).send().await {
                Ok(got) => Some(got.body.collect().await?.to_vec()),
                Err(error) if error.code() == Some("NoSuchKey") => None,
                Err(error) => return Err(format!("{key}: {:?}", error.code()).into()),
            };
            let found = states.iter().find(|state| state.map(content) == seen);
            let Some(found) = found else {
                let seen = seen.map(|bytes| bytes.len());
                return Err(format!("{key} holds {seen:?} bytes, but may be {states:?} only").into());
            };
            if let Some((_, length)) = found {
                there.insert(key.clone(), *length);
            }
            client.objects.insert(key, vec![*found]);
        }
        if let Some(Upload { key, id, part }) = &client.upload {
            let parts = s3.list_parts().bucket(BUCKET).key(key).upload_id(id).send().await;
            let parts = parts.map_err(|error| format!("the upload of {key}: {:?}", error.code()))?;
            let tags: Vec<&str> = parts.parts().iter().filter_map(|part| part.e_tag()).collect();
            if part.as_ref().is_some_and(|(_, tag)| tags != [tag.as_str()]) {
                return Err(format!("the upload of {key} has the parts {tags:?}, not {part:?}").into());
            }
        }
    }
    let listed = s3.list_objects_v2().bucket(BUCKET).send().await?;
    let listed: BTreeMap<String, usize> = listed
        .contents()
        .iter()
        .filter_map(|one| Some((one.key()?.to_owned(), usize::try_from(one.size()?).ok()?)))
        .collect();
    if listed == there { Ok(()) } else { Err(format!("listed are {listed:?}, but there are {there:?}").into()) }
}
