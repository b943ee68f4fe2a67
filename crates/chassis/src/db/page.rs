//! Pages of a list, by the key of the last row, never by an offset. A page ends where its size or a
//! message of the broker is full.
//!
//! ```ignore
//! let page = Page::open(&context, &request, page::SIZE_MAX, |list| {
//!     (&mut list.page_size, &mut list.page_token)
//! })?;
//! let found = store::list(&mut db, &filter, page.after, page.limit()).await?;
//! let (offers, next_page_token) = page.close(found, |offer| offer.id, pb::Offer::from);
//! ```

use aws_lc_rs::digest::{Context as Digest, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bus::{Caller, Context, Status, Violation};
use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The size of a page when none is asked for.
pub const SIZE_DEFAULT: usize = 20;
/// The largest page of most lists; who asks for more gets this.
pub const SIZE_MAX: usize = 100;

/// The most bytes of a page that has more than one element. A message of the broker holds 1 MiB.
const BYTES_MAX: usize = 768 * 1024;
/// The most bytes that an element takes beside its own: its tag and its length.
const HEAD_BYTES: usize = 10;
/// A token longer than this was not made here.
const TOKEN_MAX: usize = 2_048;
/// How much of the hash binds a token to its list.
const BOND: usize = 12;

/// Which page of a list is asked for. `K` is what the list is ordered by and what makes it unique,
/// such as `(Timestamp, Uuid)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<K> {
    /// The key of the last row of the page before; none for the first page.
    pub after: Option<K>,
    size: usize,
    bond: [u8; BOND],
}

/// The opaque text that a client gives back to get the next page. It is bound to the caller, the method
/// and the rest of the request: with another filter or order, or of another caller, it is refused.
/// It is no secret and no proof: one that was tampered with is refused or names another place in the same
/// list, which the caller may see anyway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token(String);

impl<K: Serialize + DeserializeOwned> Page<K> {
    /// Reads the page that `request` asks for: of `size_max` elements at most, as the contract promises
    /// for this list. `fields` shows where its `page_size` and `page_token` are; all its other fields are
    /// what the token is bound to.
    ///
    /// # Errors
    ///
    /// `INVALID_ARGUMENT` with a violation of `/pageSize` when it is negative, and of `/pageToken` when
    /// the token is not one of this list.
    pub fn open<R: Message + Clone>(
        context: &Context,
        request: &R,
        size_max: usize,
        fields: impl FnOnce(&mut R) -> (&mut i32, &mut String),
    ) -> Result<Self, Status> {
        let mut rest = request.clone();
        let (page_size, page_token) = fields(&mut rest);
        let (size, token) = (std::mem::take(page_size), std::mem::take(page_token));
        let bond = bond(context, &rest.encode_to_vec());
        let size = size_of(size, size_max).ok_or_else(|| {
            violation(
                "/pageSize",
                "OUT_OF_RANGE",
                "a page has at least one element; 0 is the default",
            )
        })?;
        let after = match token.as_str() {
            "" => None,
            _ => Some(Token(token).key(&bond).ok_or_else(|| {
                let message = "not a token of this list: begin with the first page";
                violation("/pageToken", "INVALID_PAGE_TOKEN", message)
            })?),
        };
        Ok(Self { after, size, bond })
    }

    /// How many rows to read: one more than are shown, to know whether there is a next page.
    #[must_use]
    pub fn limit(&self) -> i64 {
        i64::try_from(self.size).unwrap_or(i64::MAX).saturating_add(1)
    }

    /// Makes the page of `rows`, of which at most [`Self::limit`] were read: the message of each, and the
    /// token of the next page, which is empty where there is none. Where messages are so large that the
    /// broker would not carry them all, the page has fewer, and a next one.
    pub fn close<R, M: Message>(
        &self,
        rows: Vec<R>,
        key: impl Fn(&R) -> K,
        message: impl Fn(R) -> M,
    ) -> (Vec<M>, String) {
        let (mut messages, mut bytes) = (Vec::with_capacity(rows.len()), 0);
        let mut last = None;
        for row in rows {
            let key = key(&row);
            let message = message(row);
            bytes += message.encoded_len() + HEAD_BYTES;
            let is_full = messages.len() == self.size || bytes > BYTES_MAX;
            if let Some(last) = last.filter(|_| is_full) {
                return (messages, Token::new(&self.bond, &last).0);
            }
            messages.push(message);
            last = Some(key);
        }
        (messages, String::new())
    }
}

impl Token {
    fn new(bond: &[u8; BOND], key: &impl Serialize) -> Self {
        let mut bytes = bond.to_vec();
        // A key that JSON cannot hold would be a mistake of the list's code; its token is refused.
        drop(serde_json::to_writer(&mut bytes, key));
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    fn key<K: DeserializeOwned>(&self, bond: &[u8; BOND]) -> Option<K> {
        if self.0.len() > TOKEN_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(&self.0).ok()?;
        let (list, key) = bytes.split_first_chunk::<BOND>()?;
        if list != bond {
            return None;
        }
        serde_json::from_slice(key).ok()
    }
}

fn size_of(asked: i32, max: usize) -> Option<usize> {
    match usize::try_from(asked).ok()? {
        0 => Some(SIZE_DEFAULT.min(max)),
        size => Some(size.min(max)),
    }
}

fn bond(context: &Context, rest: &[u8]) -> [u8; BOND] {
    let caller = match &context.caller {
        Caller::Anonymous => "anonymous".to_owned(),
        Caller::User(user) => format!("user:{}", user.id),
        Caller::Service(name) => format!("service:{name}"),
    };
    let mut digest = Digest::new(&SHA256);
    for part in [context.method.as_bytes(), caller.as_bytes(), rest] {
        digest.update(&part.len().to_be_bytes());
        digest.update(part);
    }
    let hash = digest.finish();
    hash.as_ref().first_chunk().copied().unwrap_or_default()
}

fn violation(field: &str, reason: &'static str, message: &str) -> Status {
    Status::invalid(vec![Violation {
        field: field.to_owned(),
        reason: reason.into(),
        message: message.to_owned(),
    }])
}

#[cfg(test)]
mod tests {
    use bus::{Code, Context};
    use proptest::prelude::*;

    use super::*;
    use crate::fixture;

    #[derive(Clone, PartialEq, Message)]
    struct List {
        #[prost(string, tag = "1")]
        category: String,
        #[prost(string, tag = "2")]
        order_by: String,
        #[prost(int32, tag = "3")]
        page_size: i32,
        #[prost(string, tag = "4")]
        page_token: String,
    }

    fn caller(number: u128) -> Context {
        Context { method: "seasonal.test.v1.TestService/List", ..fixture::user(number, &[]) }
    }

    fn list(page_size: i32, page_token: &str) -> List {
        let (category, page_token) = ("wine".to_owned(), page_token.to_owned());
        List { category, order_by: String::new(), page_size, page_token }
    }

    fn fields(list: &mut List) -> (&mut i32, &mut String) {
        (&mut list.page_size, &mut list.page_token)
    }

    fn open(context: &Context, request: &List) -> Result<Page<i64>, Status> {
        Page::open(context, request, SIZE_MAX, fields)
    }

    /// What `list` answers from `rows`, as a store would; `message` makes the message of each.
    fn read_as<M: Message>(
        rows: &[i64],
        request: &List,
        message: impl Fn(i64) -> M,
    ) -> (Vec<M>, String) {
        let page = open(&caller(1), request).unwrap();
        let limit = usize::try_from(page.limit()).unwrap();
        let after = page.after.unwrap_or(i64::MIN);
        let found = rows.iter().copied().filter(|row| *row > after).take(limit).collect();
        page.close(found, |row| *row, message)
    }

    fn read(rows: &[i64], request: &List) -> (Vec<i64>, String) {
        read_as(rows, request, |row| row)
    }

    /// A message of about so many bytes, told by its number.
    fn text((number, bytes): (usize, usize)) -> String {
        number.to_string() + &" ".repeat(bytes)
    }

    fn violation(outcome: Result<Page<i64>, Status>) -> String {
        let status = outcome.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        status.violations()[0].field.clone()
    }

    #[test]
    fn a_page_has_20_rows_or_what_is_asked_but_no_more_than_100() {
        for (asked, rows) in [(0, 20), (1, 1), (100, 100), (101, 100), (i32::MAX, 100)] {
            assert_eq!(open(&caller(1), &list(asked, "")).unwrap().limit(), rows + 1, "{asked}");
        }
        assert_eq!(violation(open(&caller(1), &list(-1, ""))), "/pageSize");
    }

    #[test]
    fn a_list_can_promise_larger_or_smaller_pages() {
        let limit = |asked, max| {
            Page::<i64>::open(&caller(1), &list(asked, ""), max, fields).unwrap().limit()
        };

        assert_eq!(
            [limit(300, 200), limit(150, 200), limit(0, 200), limit(0, 5)],
            [201, 151, 21, 6]
        );
    }

    #[test]
    fn a_page_of_large_messages_ends_before_the_broker_would_refuse_it() {
        let rows: Vec<i64> = (0..10).collect();

        let (first, token) = read_as(&rows, &list(10, ""), |_| "x".repeat(300_000));
        let (second, _) = read_as(&rows, &list(10, &token), |row| row);

        assert_eq!((first.len(), second.first()), (2, Some(&2)));
    }

    #[test]
    fn a_message_that_is_too_large_by_itself_does_not_stop_the_list() {
        let (first, token) = read_as(&[1, 2], &list(10, ""), |_| "x".repeat(2 * BYTES_MAX));
        let (second, end) = read(&[1, 2], &list(10, &token));

        assert_eq!((first.len(), second, end.as_str()), (1, vec![2], ""));
    }

    #[test]
    fn a_token_is_bound_to_caller_method_and_the_rest_of_the_request() {
        let (_, token) = read(&[1, 2, 3], &list(2, ""));
        let other_method = Context { method: "a.B/C", ..caller(1) };
        let other_filter = List { category: "alpine".to_owned(), ..list(2, &token) };
        let other_order = List { order_by: "pay".to_owned(), ..list(2, &token) };

        assert_eq!(open(&caller(1), &list(50, &token)).unwrap().after, Some(2));
        for (context, request) in [
            (caller(2), list(2, &token)),
            (other_method, list(2, &token)),
            (caller(1), other_filter),
            (caller(1), other_order),
        ] {
            assert_eq!(violation(open(&context, &request)), "/pageToken");
        }
    }

    #[test]
    fn a_token_for_another_kind_of_key_is_refused() {
        let (_, token) = read(&[1, 2, 3], &list(2, ""));

        let page = Page::<(String, i64)>::open(&caller(1), &list(2, &token), SIZE_MAX, fields);

        assert_eq!(page.unwrap_err().violations()[0].field, "/pageToken");
    }

    #[test]
    fn a_token_that_is_too_long_is_refused() {
        assert_eq!(violation(open(&caller(1), &list(2, &"A".repeat(4_000)))), "/pageToken");
    }

    proptest! {
        #[test]
        fn the_pages_of_a_list_are_the_list(
            rows in prop::collection::btree_set(any::<i64>(), 0..250),
            size in 1..120,
        ) {
            let rows: Vec<i64> = rows.into_iter().filter(|row| *row > i64::MIN).collect();
            let (mut seen, mut token) = (Vec::new(), String::new());

            loop {
                let (page, next) = read(&rows, &list(size, &token));
                seen.extend(page);
                token = next;
                if token.is_empty() {
                    break;
                }
            }

            prop_assert_eq!(seen, rows);
        }

        #[test]
        fn pages_of_messages_of_any_size_are_the_list_and_fit_into_a_message(
            sizes in prop::collection::vec(1..BYTES_MAX / 2, 0..20),
            size in 1..20,
        ) {
            let numbered: Vec<_> = sizes.into_iter().enumerate().collect();
            let rows: Vec<i64> = (0..).take(numbered.len()).collect();
            let (mut seen, mut token) = (Vec::new(), String::new());

            loop {
                let message = |row| text(numbered[usize::try_from(row).unwrap()]);
                let (page, next) = read_as(&rows, &list(size, &token), message);
                let bytes: usize = page.iter().map(|it| it.encoded_len() + HEAD_BYTES).sum();
                prop_assert!(bytes <= BYTES_MAX && (next.is_empty() || !page.is_empty()));
                seen.extend(page);
                token = next;
                if token.is_empty() {
                    break;
                }
            }

            prop_assert_eq!(seen, numbered.into_iter().map(text).collect::<Vec<_>>());
        }

        #[test]
        fn any_text_is_a_violation_or_a_place(token in "\\PC{1,80}|[A-Za-z0-9_-]{1,80}") {
            if let Err(status) = open(&caller(1), &list(2, &token)) {
                prop_assert_eq!(status.violations()[0].field.as_str(), "/pageToken");
            }
        }

        #[test]
        fn a_tampered_token_is_a_violation_or_a_place(at in 0_usize..24, by in 1_u8..255) {
            let (_, token) = read(&[1_000, 2_000, 3_000], &list(2, ""));
            let mut bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
            let at = at % bytes.len();
            bytes[at] ^= by;

            if let Err(status) = open(&caller(1), &list(2, &URL_SAFE_NO_PAD.encode(bytes))) {
                prop_assert_eq!(status.violations()[0].field.as_str(), "/pageToken");
            }
        }
    }
}
