//! What waits to reach the server's store, without a browser: testable by itself.

use domain::problem::{Problem, ProblemKind};
use domain::s3_uri::S3Uri;
use domain::status::DatasetKind;
use domain::view::Annotation;
use std::collections::HashMap;

/// An edit is sent when nothing followed it for this long.
const QUIET_MS: i64 = 300;
/// An edit is sent after this long even when others keep following.
const LONGEST_MS: i64 = 800;
/// Waits between tries that fail grow up to this.
const LONGEST_RETRY_MS: i64 = 15_000;

/// Names one image of one dataset.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub project: String,
    pub kind: DatasetKind,
    pub source: S3Uri,
}

/// One image's newest annotation that the server does not have.
#[derive(Clone, Debug)]
struct Draft {
    key: Key,
    annotation: Annotation,
    base: u64,
    first_ms: i64,
    last_ms: i64,
    /// Why it is not tried again by itself.
    stuck: Option<Problem>,
}

/// What to send next.
#[derive(Clone, Debug, PartialEq)]
pub struct Sending {
    pub key: Key,
    pub annotation: Annotation,
    pub base: u64,
}

/// Edits in their order; the newest of an image replaces the older ones. One is sent at a time.
#[derive(Debug, Default)]
pub struct Queue {
    waiting: Vec<Draft>,
    sending: Option<Draft>,
    /// The newest revision that the server told for an image, and how much had been sent by then.
    known: HashMap<Key, (u64, u64)>,
    /// Counts what reached the server.
    sent: u64,
    failures: u32,
    retry_at_ms: i64,
    /// The last failure; none once something went well.
    problem: Option<Problem>,
}

impl Queue {
    /// Takes an edit. `base` is the revision that the person saw.
    pub fn edit(&mut self, key: Key, annotation: Annotation, base: u64, now_ms: i64) {
        match self.waiting.iter_mut().find(|draft| draft.key == key) {
            Some(draft) => {
                draft.annotation = annotation;
                draft.last_ms = now_ms;
                // What was refused may be right now.
                if draft.stuck.as_ref().is_some_and(|p| p.kind != ProblemKind::Conflict) {
                    draft.stuck = None;
                }
            }
            None => self.waiting.push(Draft { key, annotation, base, first_ms: now_ms, last_ms: now_ms, stuck: None }),
        }
    }

    /// When something should be sent next; none when nothing waits, or something is being sent.
    pub fn next_at_ms(&self, hurry: bool) -> Option<i64> {
        if self.sending.is_some() {
            return None;
        }
        let movable = self.waiting.iter().filter(|draft| draft.stuck.is_none());
        let due = |draft: &Draft| {
            if hurry { draft.first_ms } else { (draft.last_ms + QUIET_MS).min(draft.first_ms + LONGEST_MS) }
        };
        Some(movable.map(due).min()?.max(self.retry_at_ms))
    }

    /// The draft to send now, if one is due. Answer with [`Queue::sent`] or [`Queue::failed`].
    pub fn take(&mut self, now_ms: i64, hurry: bool) -> Option<Sending> {
        if self.next_at_ms(hurry)? > now_ms {
            return None;
        }
        let due = |draft: &Draft| hurry || draft.last_ms + QUIET_MS <= now_ms || draft.first_ms + LONGEST_MS <= now_ms;
        let at = self.waiting.iter().position(|draft| draft.stuck.is_none() && due(draft))?;
        let mut draft = self.waiting.remove(at);
        draft.base = self.known.get(&draft.key).map_or(draft.base, |(revision, _)| *revision);
        let sending = Sending { key: draft.key.clone(), annotation: draft.annotation.clone(), base: draft.base };
        self.sending = Some(draft);
        Some(sending)
    }

    /// The server has what was sent, as this revision.
    pub fn sent(&mut self, revision: u64) {
        if let Some(draft) = self.sending.take() {
            self.sent += 1;
            self.known.insert(draft.key, (revision, self.sent));
        }
        self.failures = 0;
        self.retry_at_ms = 0;
        self.problem = None;
    }

    /// What was sent did not arrive: it waits again, unless the person changed it meanwhile.
    pub fn failed(&mut self, problem: Problem, now_ms: i64) {
        let again = problem.retryable || problem.kind == ProblemKind::ServerUnreachable;
        if let Some(mut draft) = self.sending.take() {
            let newer = self.waiting.iter_mut().find(|waiting| waiting.key == draft.key);
            let stuck = (!again).then(|| problem.clone());
            match newer {
                Some(newer) if problem.kind == ProblemKind::Conflict => newer.stuck = stuck,
                Some(_) => {}
                None => {
                    draft.stuck = stuck;
                    self.waiting.insert(0, draft);
                }
            }
        }
        if again {
            self.retry_at_ms = now_ms + (500_i64 << self.failures.min(5)).min(LONGEST_RETRY_MS);
            self.failures += 1;
        }
        self.problem = Some(problem);
    }

    /// How much has reached the server: for [`Queue::told`], taken before a question is asked.
    pub fn sent_so_far(&self) -> u64 {
        self.sent
    }

    /// The server told an image's revision in an answer to a question asked when `asked_at` edits had been
    /// sent. An answer that crossed a newer edit, or meets one that waits, says nothing.
    pub fn told(&mut self, key: Key, revision: u64, asked_at: u64) {
        let crossed = self.known.get(&key).is_some_and(|(_, at)| *at > asked_at);
        if !crossed && self.pending(&key).is_none() {
            self.known.insert(key, (revision, asked_at));
        }
    }

    /// Sends a draft that met another tab's, now that the person wants this one.
    pub fn keep(&mut self, key: &Key, revision: u64) {
        self.known.insert(key.clone(), (revision, self.sent));
        for draft in self.waiting.iter_mut().filter(|draft| draft.key == *key) {
            draft.stuck = None;
        }
        self.problem = None;
    }

    /// Forgets a draft: the person wants what the server has.
    pub fn forget(&mut self, key: &Key) {
        self.waiting.retain(|draft| draft.key != *key);
        self.problem = None;
    }

    /// Tries again now what failed only because the server was away.
    pub fn wake(&mut self) {
        self.retry_at_ms = 0;
        if self.waiting.iter().all(|draft| draft.stuck.is_none()) {
            self.problem = None;
        }
    }

    /// The annotation of an image that the server does not have yet.
    pub fn pending(&self, key: &Key) -> Option<&Annotation> {
        let waiting = self.waiting.iter().find(|draft| draft.key == *key);
        waiting.or(self.sending.as_ref().filter(|draft| draft.key == *key)).map(|draft| &draft.annotation)
    }

    /// All that the server does not have, each over the revision that it builds on.
    pub fn all(&self) -> Vec<Sending> {
        let replaced = |sending: &&Draft| !self.waiting.iter().any(|draft| draft.key == sending.key);
        let drafts = self.waiting.iter().chain(self.sending.as_ref().filter(replaced));
        let base = |draft: &Draft| self.known.get(&draft.key).map_or(draft.base, |(revision, _)| *revision);
        drafts
            .map(|draft| Sending { key: draft.key.clone(), annotation: draft.annotation.clone(), base: base(draft) })
            .collect()
    }

    /// How many images wait, with the one that is being sent.
    pub fn len(&self) -> usize {
        let same = |sending: &Draft| self.waiting.iter().any(|draft| draft.key == sending.key);
        self.waiting.len() + usize::from(self.sending.as_ref().is_some_and(|sending| !same(sending)))
    }

    /// The last failure; none while all is well.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// An image on which this page and another tab disagree.
    pub fn conflict(&self) -> Option<&Key> {
        let stuck = |draft: &&Draft| draft.stuck.as_ref().is_some_and(|p| p.kind == ProblemKind::Conflict);
        self.waiting.iter().find(stuck).map(|draft| &draft.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        Key { project: "p".to_owned(), kind: DatasetKind::Train, source: S3Uri::new("b", name) }
    }

    fn labelled(label: &str) -> Annotation {
        Annotation { labels: vec![label.to_owned()], boxes: None }
    }

    fn offline() -> Problem {
        Problem::new(ProblemKind::ServerUnreachable, "")
    }

    #[test]
    fn an_edit_waits_for_a_quiet_moment() {
        let mut queue = Queue::default();
        queue.edit(key("a"), labelled("1"), 0, 1000);
        queue.edit(key("a"), labelled("2"), 0, 1200);
        assert_eq!(queue.take(1400, false), None);
        let sending = queue.take(1500, false).unwrap();
        assert_eq!(sending.annotation, labelled("2"));
        assert_eq!(queue.take(9000, true), None, "one at a time");
        queue.sent(1);
        assert_eq!((queue.len(), queue.next_at_ms(false)), (0, None));
    }

    #[test]
    fn edits_without_a_pause_are_sent_within_a_second() {
        let mut queue = Queue::default();
        let sent_at = (0..20).map(|i| i * 100).find(|&now| {
            queue.edit(key("a"), labelled("1"), 0, now);
            queue.take(now, false).is_some()
        });
        assert!(sent_at.unwrap() <= 1000);
    }

    #[test]
    fn the_next_draft_builds_on_the_revision_that_the_last_one_got() {
        let mut queue = Queue::default();
        queue.edit(key("a"), labelled("1"), 3, 0);
        assert_eq!(queue.take(300, false).unwrap().base, 3);
        queue.edit(key("a"), labelled("2"), 3, 310);
        assert_eq!(queue.len(), 1);
        queue.sent(4);
        assert_eq!(queue.take(700, false).unwrap(), Sending { key: key("a"), annotation: labelled("2"), base: 4 });
    }

    #[test]
    fn nothing_is_lost_while_the_server_is_away() {
        let mut queue = Queue::default();
        queue.edit(key("a"), labelled("1"), 0, 0);
        queue.edit(key("b"), labelled("1"), 0, 0);
        let mut now = 1000;
        for _ in 0..8 {
            assert!(queue.take(now, true).is_some());
            queue.failed(offline(), now);
            assert_eq!(queue.len(), 2);
            now = queue.next_at_ms(true).unwrap();
        }
        assert!(queue.problem().is_some() && now <= 8 * 15_000);
        queue.wake();
        for revision in 1..=2 {
            assert!(queue.take(1000, true).is_some());
            queue.sent(revision);
        }
        assert_eq!((queue.len(), queue.problem()), (0, None));
    }

    #[test]
    fn an_edit_made_while_sending_survives_a_failure() {
        let mut queue = Queue::default();
        queue.edit(key("a"), labelled("old"), 0, 0);
        queue.take(300, false).unwrap();
        queue.edit(key("a"), labelled("new"), 0, 310);
        queue.failed(offline(), 320);
        assert_eq!(queue.len(), 1);
        assert_eq!(queue.pending(&key("a")), Some(&labelled("new")));
    }

    #[test]
    fn a_conflict_waits_for_the_person_and_lets_others_pass() {
        let mut queue = Queue::default();
        queue.edit(key("a"), labelled("mine"), 1, 0);
        queue.edit(key("b"), labelled("1"), 0, 0);
        queue.take(300, false).unwrap();
        queue.failed(Problem::new(ProblemKind::Conflict, ""), 300);
        assert_eq!(queue.conflict(), Some(&key("a")));
        assert_eq!(queue.take(600, false).unwrap().key, key("b"));
        queue.sent(1);
        queue.keep(&key("a"), 5);
        assert_eq!(queue.take(900, false).unwrap(), Sending { key: key("a"), annotation: labelled("mine"), base: 5 });
    }

    #[test]
    fn taking_the_other_side_forgets_the_draft() {
        let mut queue = Queue::default();
        queue.edit(key("a"), labelled("mine"), 1, 0);
        queue.take(300, false).unwrap();
        queue.failed(Problem::new(ProblemKind::Conflict, ""), 300);
        queue.forget(&key("a"));
        assert_eq!((queue.len(), queue.conflict(), queue.pending(&key("a"))), (0, None, None));
    }

    #[test]
    fn the_server_tells_revisions_but_an_answer_that_crossed_an_edit_does_not() {
        let mut queue = Queue::default();
        let asked_at = queue.sent_so_far();
        queue.edit(key("a"), labelled("1"), 7, 0);
        assert_eq!(queue.take(300, false).unwrap().base, 7);
        queue.sent(8);
        queue.told(key("a"), 7, asked_at);
        queue.edit(key("a"), labelled("2"), 7, 400);
        assert_eq!(queue.take(700, false).unwrap().base, 8);
        queue.sent(9);
        // Somebody discarded the drafts.
        queue.told(key("a"), 10, queue.sent_so_far());
        queue.edit(key("a"), labelled("3"), 10, 800);
        assert_eq!(queue.take(1200, false).unwrap().base, 10);
    }

    #[test]
    fn what_is_kept_for_a_killed_tab_is_the_newest_of_each_image_with_its_revision() {
        let mut queue = Queue::default();
        queue.edit(key("a"), labelled("old"), 3, 0);
        queue.edit(key("b"), labelled("1"), 0, 0);
        queue.take(300, false).unwrap();
        assert_eq!(queue.all().len(), 2);
        queue.edit(key("a"), labelled("new"), 3, 310);
        queue.sent(4);
        let all = queue.all();
        assert_eq!(all.len(), 2);
        assert!(all.contains(&Sending { key: key("a"), annotation: labelled("new"), base: 4 }));
    }

    #[test]
    fn a_refused_draft_is_tried_again_only_after_an_edit() {
        let mut queue = Queue::default();
        queue.edit(key("a"), labelled(""), 0, 0);
        queue.take(300, false).unwrap();
        queue.failed(Problem::new(ProblemKind::BadLabelName, ""), 300);
        assert_eq!(queue.next_at_ms(true), None);
        queue.edit(key("a"), labelled("cat"), 0, 400);
        assert!(queue.take(700, false).is_some());
    }
}
