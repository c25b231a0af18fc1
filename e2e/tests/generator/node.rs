//! A node of one map, with the meaning of the real one, that misbehaves when it is told to.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use cloakroom_protocol::aspnet::{AnswerStyle, Decoder, Limits, Meaning, answer_head, bad_request};
use cloakroom_session::{
    Command, CookieField, Effect, Entry, FIRST_COOKIE, Input, Outcome, Time, Timeout, step,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// What it does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Loses a session that it answered for.
    Forgets,
    /// Answers a write that it does not make.
    AcknowledgesOnly,
    /// Answers 404 to a reader.
    SaysAbsent,
    /// Answers a removal that it does not make.
    KeepsRemoved,
    /// Damages a byte of a body.
    Flips,
    /// Grants a lock that somebody has.
    GrantsTwice,
    /// Grants a lock with the cookie of the one before.
    RepeatsCookie,
    /// Answers a write or release and does not unlock.
    KeepsLocked,
    /// Closes instead of doing what is asked.
    ClosesBefore,
    /// Closes instead of answering.
    ClosesAfter,
    /// Answers 400.
    Refuses,
    /// Answers 423 to the holder.
    RefusesHolder,
    /// Answers 404 to the holder.
    SaysAbsentToWrites,
    /// Answers 423 for nobody.
    PutsOff,
}

pub(crate) struct Node {
    pub(crate) address: String,
    state: Arc<Mutex<State>>,
    misbehaved: Arc<Notify>,
}

#[derive(Default)]
struct State {
    sessions: HashMap<Vec<u8>, (Entry, Vec<u8>)>,
    /// What it does wrong, and how often yet.
    fault: Option<(Fault, usize)>,
}

/// What becomes of a request: an outcome and the content that goes with it, or the end of the connection.
type Answer = Option<(Outcome, Vec<u8>)>;

impl Node {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (state, misbehaved) = (Arc::<Mutex<State>>::default(), Arc::<Notify>::default());
        let node = Self { address, state: state.clone(), misbehaved: misbehaved.clone() };
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, state.clone(), misbehaved.clone()));
            }
        });
        node
    }

    /// Makes it misbehave on the next `times` occasions, and waits until it has.
    pub(crate) async fn misbehave(&self, fault: Fault, times: usize) {
        self.state.lock().unwrap().fault = Some((fault, times));
        self.misbehaved.notified().await;
    }
}

/// Ends with the connection, whoever ends that.
async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>, misbehaved: Arc<Notify>) {
    let (mut decoder, mut buffer, style) = (Decoder::default(), Vec::new(), AnswerStyle::default());
    while let Ok(1..) = stream.read_buf(&mut buffer).await {
        let Some(head) = decoder.head(&buffer, &Limits::default()).unwrap() else { continue };
        let (target, meaning, start) = (head.target.to_vec(), head.meaning, head.head_bytes);
        let end = start + head.body_bytes as usize;
        while buffer.len() < end {
            assert!(stream.read_buf(&mut buffer).await.unwrap() > 0, "half a request");
        }
        let Meaning::Command(command) = meaning else { panic!("{meaning:?}") };
        let content = buffer[start..end].to_vec();
        buffer.clear();
        let (answer, over) = state.lock().unwrap().answer(target, command, content);
        if over {
            misbehaved.notify_one();
        }
        let Some((outcome, content)) = answer else { return };
        let mut bytes = Vec::new();
        match outcome {
            Outcome::Refused { .. } => bad_request(&mut bytes, &style),
            _ => answer_head(&mut bytes, &style, &outcome, content.len(), |_| 0),
        }
        bytes.extend_from_slice(&content);
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

impl State {
    /// The answer, and whether it was the last wrong one.
    fn answer(&mut self, key: Vec<u8>, command: Command, content: Vec<u8>) -> (Answer, bool) {
        if let Some((fault, left)) = self.fault
            && let Some(answer) = self.wrong(fault, &key, command, &content)
        {
            self.fault = Some((fault, left - 1)).filter(|_| left > 1);
            return (answer, left == 1);
        }
        (Some(self.right(key, command, content)), false)
    }

    fn right(&mut self, key: Vec<u8>, command: Command, content: Vec<u8>) -> (Outcome, Vec<u8>) {
        let input = Input {
            now: Time::default(),
            cookie_step: 1,
            first_cookie: FIRST_COOKIE,
            lifetime_max: Timeout::MAX,
        };
        let found = self.sessions.get(&key).map(|(entry, _)| *entry);
        let step = step(input, found, command);
        let shown = match step.outcome {
            Outcome::Found { .. } | Outcome::Acquired { .. } => self.sessions[&key].1.clone(),
            _ => Vec::new(),
        };
        match step.effect {
            Effect::None => {}
            Effect::Touch(entry, _) => self.sessions.get_mut(&key).unwrap().0 = entry,
            Effect::Put(entry) => drop(self.sessions.insert(key, (entry, content))),
            Effect::Remove => drop(self.sessions.remove(&key)),
        }
        (step.outcome, shown)
    }

    /// The wrong answer, if this is an occasion for it.
    fn wrong(&mut self, fault: Fault, key: &[u8], command: Command, content: &[u8]) -> Option<Answer> {
        let entry = self.sessions.get(key).map(|(entry, _)| *entry);
        let reads = matches!(command, Command::Get | Command::Acquire);
        let locked = entry.is_some_and(|entry| entry.locked_since.is_some());
        let ends_lock = locked && shows_cookie(command);
        let right = |state: &mut Self| state.right(key.to_vec(), command, content.to_vec());
        Some(match fault {
            Fault::None => Some(right(self)),
            Fault::ClosesAfter => {
                right(self);
                None
            }
            Fault::ClosesBefore => None,
            Fault::Refuses => Some((Outcome::Refused { initialise: false }, Vec::new())),
            Fault::SaysAbsent if reads && entry.is_some() => Some((Outcome::Absent, Vec::new())),
            Fault::PutsOff if reads => Some((Outcome::Locked { cookie: 0, age_millis: 0 }, Vec::new())),
            Fault::RefusesHolder if ends_lock => {
                Some((Outcome::Locked { cookie: 9, age_millis: 0 }, Vec::new()))
            }
            Fault::SaysAbsentToWrites if ends_lock => Some((Outcome::Absent, Vec::new())),
            Fault::Forgets if matches!(command, Command::Set { .. }) => {
                let answer = right(self);
                self.sessions.remove(key);
                Some(answer)
            }
            Fault::AcknowledgesOnly if matches!(command, Command::Set { .. }) && entry.is_some() => {
                let before = self.sessions[key].1.clone();
                let answer = right(self);
                self.sessions.get_mut(key).unwrap().1 = before;
                Some(answer)
            }
            Fault::KeepsRemoved if matches!(command, Command::Remove { .. }) => {
                self.sessions.get_mut(key).unwrap().0.locked_since = None;
                Some((Outcome::Removed, Vec::new()))
            }
            Fault::Flips if reads && entry.is_some() => {
                let (outcome, mut content) = right(self);
                if let Some(last) = content.last_mut() {
                    *last ^= 1;
                }
                Some((outcome, content))
            }
            Fault::GrantsTwice if command == Command::Acquire && locked => {
                self.sessions.get_mut(key).unwrap().0.locked_since = None;
                Some(right(self))
            }
            Fault::RepeatsCookie if command == Command::Acquire && entry.is_some_and(|e| e.cookie >= 2) => {
                self.sessions.get_mut(key).unwrap().0.cookie -= 1;
                Some(right(self))
            }
            Fault::KeepsLocked if ends_lock && !matches!(command, Command::Remove { .. }) => {
                let answer = right(self);
                self.sessions.get_mut(key).unwrap().0.locked_since = Some(Time::default());
                Some(answer)
            }
            _ => return None,
        })
    }
}

/// Whether it shows the cookie of a lock.
fn shows_cookie(command: Command) -> bool {
    let cookie = match command {
        Command::Release { cookie } | Command::Set { cookie, .. } | Command::Remove { cookie } => cookie,
        _ => return false,
    };
    cookie != CookieField::Value(0)
}
