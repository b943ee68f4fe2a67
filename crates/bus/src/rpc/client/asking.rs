//! One request on its way: asked, perhaps asked again, answered or not.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use async_nats::{Message, client::traits::Publisher as _, message::OutboundMessage};
use bytes::Bytes;
use tokio::time::{Instant, Sleep, sleep_until};

use super::{
    Ask, Inner, Reply,
    answer::{self, Answer},
    inbox::Pending,
    peer::Asked,
    request,
};
use crate::{
    method::Safety,
    status::{Code, Result, Status},
    subject,
};

/// How often a request that was not begun is asked anew.
const ASKED_ANEW_MAX: usize = 4;

/// A request on its way.
pub(super) struct Asking<'a> {
    client: &'a Inner,
    asked: Arc<Asked>,
    ask: Ask<'a>,
    deadline: Instant,
    anew: usize,
    /// The first ask and the second.
    attempts: [Option<Attempt>; 2],
}

/// One message sent, and its answer to come.
struct Attempt {
    pending: Pending,
    sent: Instant,
    instance: Option<Arc<str>>,
}

/// What happens next.
enum Next {
    Answer(usize, Option<Message>),
    Time,
}

/// What to do after an answer.
enum Then {
    Wait,
    End(Result<Reply>),
}

impl<'a> Asking<'a> {
    pub(super) fn new(client: &'a Inner, ask: Ask<'a>, within: Duration) -> Self {
        let asked = client.peers.method(ask.subject);
        let deadline = ask.context.deadline.min(Instant::now() + within);
        Self { client, asked, ask, deadline, anew: 0, attempts: [None, None] }
    }

    /// Asks and waits.
    pub(super) async fn run(mut self) -> Result<Reply> {
        self.asked.peer.earn();
        let now = Instant::now();
        if self.deadline <= now {
            return Err(self.too_late());
        }
        if !self.client.is_connected() {
            return Err(self.unavailable("BROKER_AWAY", "the broker cannot be reached now"));
        }
        let repeatable = self.is_repeatable();
        let first = self.asked.peer.first(repeatable);
        self.send(0, first).await?;
        let late = if repeatable { now + self.late_after(now) } else { self.deadline };
        self.wait(pin!(sleep_until(late))).await
    }

    async fn wait(&mut self, mut timer: std::pin::Pin<&mut Sleep>) -> Result<Reply> {
        loop {
            match self.next(timer.as_mut()).await {
                Next::Answer(index, message) => match self.answered(index, message).await? {
                    Then::Wait => {}
                    Then::End(result) => return result,
                },
                Next::Time if timer.deadline() >= self.deadline => return Err(self.too_late()),
                Next::Time => {
                    timer.as_mut().reset(self.deadline);
                    self.ask_second().await?;
                }
            }
        }
    }

    /// Whether it may be asked twice.
    fn is_repeatable(&self) -> bool {
        self.ask.safety != Safety::Unknown || self.ask.context.idempotency_key.is_some()
    }

    /// A read is late by what others took; anything else at half its time.
    fn late_after(&self, now: Instant) -> Duration {
        let remaining = self.deadline.saturating_duration_since(now);
        if self.ask.safety == Safety::Safe {
            self.asked.late_after(remaining)
        } else {
            remaining / 2
        }
    }

    async fn next(&mut self, mut timer: std::pin::Pin<&mut Sleep>) -> Next {
        poll_fn(|cx| {
            for (index, attempt) in self.attempts.iter_mut().enumerate() {
                if let Some(attempt) = attempt
                    && let Poll::Ready(message) = attempt.pending.poll_answer(cx)
                {
                    return Poll::Ready(Next::Answer(index, message));
                }
            }
            timer.as_mut().poll(cx).map(|()| Next::Time)
        })
        .await
    }

    async fn answered(&mut self, index: usize, message: Option<Message>) -> Result<Then> {
        let attempt = self.attempts.get_mut(index).and_then(Option::take);
        let (Some(message), Some(attempt)) = (message, attempt) else {
            return Ok(Then::End(Err(self.unavailable("CLOSED", "this process is closing"))));
        };
        let end = match answer::read(message) {
            Answer::Served(reply) => {
                self.learn(index, &attempt, reply.instance.as_deref());
                Then::End(Ok(reply))
            }
            Answer::Failed(status, instance) => {
                self.learn(index, &attempt, instance.as_deref());
                Then::End(Err(status))
            }
            // what follows was not begun there: another ask may still be answered
            Answer::Overloaded(status) if !self.is_waiting() => Then::End(Err(status)),
            Answer::Overloaded(_) => Then::Wait,
            Answer::Draining => self.ask_anew(attempt).await?,
            Answer::Nobody if attempt.instance.is_some() => self.ask_anew(attempt).await?,
            Answer::Nobody if self.is_waiting() => Then::Wait,
            Answer::Nobody => {
                let message = format!("nobody serves {} now", self.asked.peer.service());
                Then::End(Err(self.unavailable("NOBODY_SERVES", &message)))
            }
        };
        Ok(end)
    }

    fn is_waiting(&self) -> bool {
        self.attempts.iter().any(Option::is_some)
    }

    fn learn(&self, index: usize, attempt: &Attempt, instance: Option<&str>) {
        let now = Instant::now();
        self.asked.took(now.saturating_duration_since(attempt.sent));
        if let Some(instance) = instance {
            self.asked.peer.answered(instance, now);
        }
        if let ([Some(silent), _], 1) = (&self.attempts, index) {
            self.asked.peer.steer(silent.sent);
        }
    }

    /// The request was not begun there: asks the queue group, unless another ask is under way.
    async fn ask_anew(&mut self, attempt: Attempt) -> Result<Then> {
        if let Some(instance) = &attempt.instance {
            self.asked.peer.forget(instance);
        }
        if self.is_waiting() {
            return Ok(Then::Wait);
        }
        self.anew += 1;
        if self.anew > ASKED_ANEW_MAX {
            return Ok(Then::End(
                Err(self.unavailable("DRAINING", "all that answer are stopping")),
            ));
        }
        self.send(0, None).await?;
        Ok(Then::Wait)
    }

    /// The answer is late: asks the one that answered last, or, with none known, the queue group.
    async fn ask_second(&mut self) -> Result<()> {
        // where everything is late, asking twice would make it later
        if !self.asked.peer.spend() {
            return Ok(());
        }
        let [first, _] = &self.attempts;
        let first = first.as_ref().and_then(|attempt| attempt.instance.as_deref());
        let instance = self.asked.peer.freshest(first);
        self.asked.seconds.increment(1);
        self.send(1, instance).await
    }

    async fn send(&mut self, index: usize, instance: Option<Arc<str>>) -> Result<()> {
        let Inner { kind, inbox, nats, .. } = self.client;
        let (pending, reply) = inbox.wait(&self.asked.peer);
        let subject = match &instance {
            Some(instance) => subject::directed(kind, self.ask.subject, instance),
            None => subject::request(kind, self.ask.subject),
        };
        let keyed = self.ask.safety != Safety::Safe;
        let headers = request::headers(kind, self.ask.context, self.deadline, keyed);
        let message = OutboundMessage {
            subject: subject.into(),
            reply: Some(reply.into()),
            payload: Bytes::clone(&self.ask.payload),
            headers: Some(headers),
        };
        let sent = tokio::time::timeout_at(self.deadline, nats.publish_message(message));
        match sent.await {
            Ok(Ok(())) => {
                let attempt = Attempt { pending, sent: Instant::now(), instance };
                if let Some(slot) = self.attempts.get_mut(index) {
                    *slot = Some(attempt);
                }
                Ok(())
            }
            Ok(Err(error)) => Err(not_sent(&error)),
            Err(_) => Err(self.too_late()),
        }
    }

    fn too_late(&self) -> Status {
        self.asked.late.increment(1);
        Status::of(Code::DeadlineExceeded, "no answer in time: whether it was done is not known")
    }

    fn unavailable(&self, reason: &'static str, message: &str) -> Status {
        self.asked.unavailable.increment(1);
        Status::new(Code::Unavailable, reason, message)
    }
}

fn not_sent(error: &async_nats::PublishError) -> Status {
    match error.kind() {
        async_nats::client::PublishErrorKind::MaxPayloadExceeded => {
            Status::of(Code::TooLarge, "the request is larger than a message may be")
        }
        _ => Status::new(Code::Unavailable, "NOT_SENT", "the request could not be sent"),
    }
}
