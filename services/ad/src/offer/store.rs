//! Offers in the database.

use chassis::OnConstraint as _;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::content::{Content, Housing, LanguageSkill, Location, Pay, Texts};
use super::list::{Filter, Order, Place};
use super::state::State;
use super::{Id, Offer};
use crate::error::{Error, Result};

/// The index that keeps two offers of a company from sharing a reference.
const REFERENCE_IS_UNIQUE: &str = "offer_external_reference_is_unique_per_company";

/// Reads offers: the columns once, whatever follows them.
macro_rules! select {
    ($rest:tt $(+ $more:tt)*, $($argument:expr),+ $(,)?) => {
        sqlx::query!(
            r#"select id, company_id, job_id, title as "title: Json<Texts>",
                      description as "description: Json<Texts>", source_language, start_date, end_date,
                      flexible_days, apply_by, last_minute, positions_total, positions_filled,
                      pay as "pay: Json<Pay>", weekly_hours, place, latitude, longitude, benefits,
                      housing as "housing: Json<Housing>",
                      required_languages as "required_languages: Json<Vec<LanguageSkill>>",
                      required_certificates, preferred_certificates, min_age, questions,
                      contract_kind, external_reference, state, state_reason, publish_time,
                      create_time, update_time, revision
               from offer "# + $rest $(+ $more)*,
            $($argument),+
        )
        .map(|row| Offer {
            id: row.id,
            company_id: row.company_id,
            content: Content {
                job_id: row.job_id,
                title: row.title.0,
                description: row.description.0,
                source_language: row.source_language,
                start_date: row.start_date.map(Date::from),
                end_date: row.end_date.map(Date::from),
                flexible_days: row.flexible_days,
                apply_by: row.apply_by.map(Date::from),
                last_minute: row.last_minute,
                positions_total: row.positions_total,
                pay: row.pay.map(|pay| pay.0),
                weekly_hours: row.weekly_hours,
                place: row.place,
                location: row
                    .latitude
                    .zip(row.longitude)
                    .map(|(latitude, longitude)| Location { latitude, longitude }),
                benefits: row.benefits,
                housing: row.housing.map(|housing| housing.0),
                required_languages: row.required_languages.0,
                required_certificates: row.required_certificates,
                preferred_certificates: row.preferred_certificates,
                min_age: row.min_age,
                questions: row.questions,
                contract_kind: row.contract_kind,
                external_reference: row.external_reference,
            },
            positions_filled: row.positions_filled,
            state: row.state,
            state_reason: row.state_reason,
            publish_time: row.publish_time.map(Timestamp::from),
            create_time: row.create_time.to_jiff(),
            update_time: row.update_time.to_jiff(),
            revision: row.revision,
        })
    };
}

/// The offer with this id.
pub(super) async fn find(db: &mut PgConnection, id: Id) -> Result<Option<Offer>> {
    Ok(select!("where id = $1", id.0).fetch_optional(db).await?)
}

/// The same, kept from others' changes until the transaction ends.
pub(super) async fn lock(db: &mut PgConnection, id: Id) -> Result<Option<Offer>> {
    Ok(select!("where id = $1 for update", id.0).fetch_optional(db).await?)
}

/// The company of an offer, and where the offer stands: who may know of it.
pub(super) async fn owner(db: &mut PgConnection, id: Id) -> Result<Option<(Uuid, State)>> {
    let row = sqlx::query!("select company_id, state from offer where id = $1", id.0);
    Ok(row.fetch_optional(db).await?.map(|row| (row.company_id, row.state)))
}

/// Selects a page of offers that a filter lets through: those whose `$key` (SQL) and id compare so
/// (`<` or `>`) with those of the place before, in the direction that goes with it.
macro_rules! page {
    ($key:tt, $compare:tt, $direction:tt, $filter:ident, $limit:ident, $after:expr, $id:expr) => {
        select!(
            "where state = any($1)
             and ($2::date is null or apply_until >= $2)
             and ($3::uuid is null or company_id = $3)
             and ($4::text[] is null or job_id = any($4))
             and ($5::date is null or end_date >= $5)
             and ($6::date is null or start_date <= $6)
             and ($7::text is null or words @@ websearch_to_tsquery('simple', $7))
             and ($9::uuid is null or ("
                + $key
                + ", id) "
                + $compare
                + " ($8, $9))
             order by "
                + $key
                + " "
                + $direction
                + ", id "
                + $direction
                + " limit $10",
            &$filter.state_names(),
            $filter.open_on.map(ToSqlx::to_sqlx) as _,
            $filter.company_id,
            $filter.job_ids.as_deref(),
            $filter.from_date.map(ToSqlx::to_sqlx) as _,
            $filter.to_date.map(ToSqlx::to_sqlx) as _,
            $filter.text,
            $after as _,
            $id,
            $limit,
        )
    };
}

/// At most `limit` of the offers that `filter` lets through, in `order`, those after `after`.
pub(super) async fn list(
    db: &mut PgConnection,
    filter: &Filter,
    order: Order,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Offer>> {
    let offers = match order {
        Order::Newest => newest(db, filter, after, limit).await,
        Order::Oldest => oldest(db, filter, after, limit).await,
        Order::Earliest => earliest(db, filter, after, limit).await,
        Order::Latest => latest(db, filter, after, limit).await,
    };
    Ok(offers?)
}

type Offers = sqlx::Result<Vec<Offer>>;

async fn newest(
    db: &mut PgConnection,
    filter: &Filter,
    after: Option<Place>,
    limit: i64,
) -> Offers {
    let (time, id) = after.map(|place| (place.create_time.to_sqlx(), place.id.0)).unzip();
    page!("create_time", "<", "desc", filter, limit, time, id).fetch_all(db).await
}

async fn oldest(
    db: &mut PgConnection,
    filter: &Filter,
    after: Option<Place>,
    limit: i64,
) -> Offers {
    let (time, id) = after.map(|place| (place.create_time.to_sqlx(), place.id.0)).unzip();
    page!("create_time", ">", "asc", filter, limit, time, id).fetch_all(db).await
}

async fn earliest(
    db: &mut PgConnection,
    filter: &Filter,
    after: Option<Place>,
    limit: i64,
) -> Offers {
    let (day, id) = after.map(|place| (place.start_date.to_sqlx(), place.id.0)).unzip();
    page!("coalesce(start_date, date '9999-12-31')", ">", "asc", filter, limit, day, id)
        .fetch_all(db)
        .await
}

async fn latest(
    db: &mut PgConnection,
    filter: &Filter,
    after: Option<Place>,
    limit: i64,
) -> Offers {
    let (day, id) = after.map(|place| (place.start_date.to_sqlx(), place.id.0)).unzip();
    page!("coalesce(start_date, date '9999-12-31')", "<", "desc", filter, limit, day, id)
        .fetch_all(db)
        .await
}

/// Adds an offer.
///
/// # Errors
///
/// [`Error::ExternalReferenceTaken`]
#[expect(clippy::cognitive_complexity, reason = "one statement; the macro checks each column")]
pub(super) async fn insert(db: &mut PgConnection, offer: &Offer) -> Result<()> {
    let content = &offer.content;
    sqlx::query!(
        "insert into offer (id, company_id, positions_filled, state, state_reason, publish_time,
             create_time, update_time, revision, job_id, title, description, source_language,
             start_date, end_date, flexible_days, apply_by, last_minute, positions_total, pay,
             weekly_hours, place, latitude, longitude, benefits, housing, required_languages,
             required_certificates, preferred_certificates, min_age, questions, contract_kind,
             external_reference)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
             $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)",
        offer.id.0,
        offer.company_id,
        offer.positions_filled,
        offer.state as _,
        offer.state_reason,
        offer.publish_time.map(ToSqlx::to_sqlx) as _,
        offer.create_time.to_sqlx() as _,
        offer.update_time.to_sqlx() as _,
        offer.revision,
        content.job_id,
        Json(&content.title) as _,
        Json(&content.description) as _,
        content.source_language,
        content.start_date.map(ToSqlx::to_sqlx) as _,
        content.end_date.map(ToSqlx::to_sqlx) as _,
        content.flexible_days,
        content.apply_by.map(ToSqlx::to_sqlx) as _,
        content.last_minute,
        content.positions_total,
        content.pay.as_ref().map(Json) as _,
        content.weekly_hours,
        content.place,
        content.location.map(|point| point.latitude),
        content.location.map(|point| point.longitude),
        &content.benefits,
        content.housing.as_ref().map(Json) as _,
        Json(&content.required_languages) as _,
        &content.required_certificates,
        &content.preferred_certificates,
        content.min_age,
        &content.questions,
        content.contract_kind as _,
        content.external_reference,
    )
    .execute(db)
    .await
    .map(drop)
    .on_constraint(REFERENCE_IS_UNIQUE, || Error::ExternalReferenceTaken)
}

/// Writes back an offer that was locked.
///
/// # Errors
///
/// [`Error::ExternalReferenceTaken`]
#[expect(clippy::cognitive_complexity, reason = "one statement; the macro checks each column")]
pub(super) async fn save(db: &mut PgConnection, offer: &Offer) -> Result<()> {
    let content = &offer.content;
    sqlx::query!(
        "update offer
         set state = $2, state_reason = $3, publish_time = $4, update_time = $5, revision = $6,
             job_id = $7, title = $8, description = $9, source_language = $10, start_date = $11,
             end_date = $12, flexible_days = $13, apply_by = $14, last_minute = $15,
             positions_total = $16, pay = $17, weekly_hours = $18, place = $19, latitude = $20,
             longitude = $21, benefits = $22, housing = $23, required_languages = $24,
             required_certificates = $25, preferred_certificates = $26, min_age = $27,
             questions = $28, contract_kind = $29, external_reference = $30
         where id = $1",
        offer.id.0,
        offer.state as _,
        offer.state_reason,
        offer.publish_time.map(ToSqlx::to_sqlx) as _,
        offer.update_time.to_sqlx() as _,
        offer.revision,
        content.job_id,
        Json(&content.title) as _,
        Json(&content.description) as _,
        content.source_language,
        content.start_date.map(ToSqlx::to_sqlx) as _,
        content.end_date.map(ToSqlx::to_sqlx) as _,
        content.flexible_days,
        content.apply_by.map(ToSqlx::to_sqlx) as _,
        content.last_minute,
        content.positions_total,
        content.pay.as_ref().map(Json) as _,
        content.weekly_hours,
        content.place,
        content.location.map(|point| point.latitude),
        content.location.map(|point| point.longitude),
        &content.benefits,
        content.housing.as_ref().map(Json) as _,
        Json(&content.required_languages) as _,
        &content.required_certificates,
        &content.preferred_certificates,
        content.min_age,
        &content.questions,
        content.contract_kind as _,
        content.external_reference,
    )
    .execute(db)
    .await
    .map(drop)
    .on_constraint(REFERENCE_IS_UNIQUE, || Error::ExternalReferenceTaken)
}

/// Takes the offer away.
pub(super) async fn delete(db: &mut PgConnection, id: Id) -> Result<()> {
    sqlx::query!("delete from offer where id = $1", id.0).execute(db).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use bus::Status;
    use jiff::civil::date;
    use sqlx::PgPool;

    use super::*;
    use crate::fixture::{company, content, now, offer, offer_in};

    async fn stored(pool: &PgPool, offers: &[Offer]) {
        let mut db = pool.acquire().await.unwrap();
        for offer in offers {
            insert(&mut db, offer).await.unwrap();
        }
    }

    async fn listed(pool: &PgPool, filter: Filter, order: Order) -> Vec<u128> {
        let mut db = pool.acquire().await.unwrap();
        let offers = list(&mut db, &filter, order, None, 100).await.unwrap();
        offers.iter().map(|offer| offer.id.0.as_u128()).collect()
    }

    /// A published offer with this number.
    fn numbered(number: u128, change: impl FnOnce(&mut Content)) -> Offer {
        let mut offer = Offer { id: Id(Uuid::from_u128(number)), ..offer_in(State::Published) };
        offer.content.external_reference = String::new();
        change(&mut offer.content);
        offer
    }

    fn published() -> Filter {
        Filter { states: vec![State::Published], ..Filter::default() }
    }

    #[sqlx::test]
    async fn an_offer_is_read_as_it_was_written(pool: PgPool) {
        let whole = offer_in(State::Suspended);
        let bare = numbered(7, |content| {
            *content = Content::from(proto::ad::v1::Offer::default());
        });
        stored(&pool, &[whole.clone(), bare.clone()]).await;
        let mut db = pool.acquire().await.unwrap();

        assert_eq!(find(&mut db, whole.id).await.unwrap(), Some(whole.clone()));
        assert_eq!(lock(&mut db, bare.id).await.unwrap(), Some(bare));
        assert_eq!(owner(&mut db, whole.id).await.unwrap(), Some((company(), State::Suspended)));
        assert_eq!(find(&mut db, Id(Uuid::nil())).await.unwrap(), None);
    }

    #[sqlx::test]
    async fn an_offer_is_saved_whole_and_deleted(pool: PgPool) {
        let before = numbered(1, |content| {
            *content = Content::from(proto::ad::v1::Offer::default());
        });
        let after = Offer {
            content: content(),
            revision: 9,
            update_time: now() + jiff::SignedDuration::from_secs(5),
            state_reason: "rain".to_owned(),
            state: State::Paused,
            ..before.clone()
        };
        stored(&pool, &[before]).await;
        let mut db = pool.acquire().await.unwrap();

        save(&mut db, &after).await.unwrap();
        let saved = find(&mut db, after.id).await.unwrap();
        delete(&mut db, after.id).await.unwrap();

        assert_eq!(saved, Some(after.clone()));
        assert_eq!(find(&mut db, after.id).await.unwrap(), None);
    }

    #[sqlx::test]
    async fn an_external_reference_is_unique_in_its_company(pool: PgPool) {
        let other = Offer { id: Id(Uuid::from_u128(2)), ..offer() };
        let of_other_company = Offer { company_id: Uuid::from_u128(101), ..other.clone() };
        let unnumbered = [numbered(3, |_| ()), numbered(4, |_| ())];
        stored(&pool, &[offer(), of_other_company]).await;
        stored(&pool, &unnumbered).await;
        let mut db = pool.acquire().await.unwrap();

        let again = Offer { id: Id(Uuid::from_u128(5)), ..offer() };
        let inserted = insert(&mut db, &again).await.unwrap_err();
        let [first, _] = unnumbered;
        let saved = save(&mut db, &Offer { content: content(), ..first }).await.unwrap_err();

        for error in [inserted, saved] {
            assert_eq!(Status::from(error).reason(), "EXTERNAL_REFERENCE_TAKEN");
        }
    }

    #[sqlx::test]
    async fn the_database_refuses_what_the_rules_rule_out(pool: PgPool) {
        let broken = [
            ("offer_ends_after_it_starts", numbered(1, |c| c.end_date = Some(date(2027, 8, 24)))),
            (
                "offer_apply_by_is_near_its_start",
                numbered(2, |c| c.apply_by = Some(date(2027, 8, 26))),
            ),
            (
                "offer_positions_filled_are_within_total",
                Offer { positions_filled: 13, ..numbered(3, |_| ()) },
            ),
            ("offer_revision_counts_from_one", Offer { revision: 0, ..numbered(4, |_| ()) }),
        ];
        let mut db = pool.acquire().await.unwrap();

        for (constraint, offer) in broken {
            let Err(Error::Database(error)) = insert(&mut db, &offer).await else {
                panic!("{constraint}")
            };
            assert_eq!(error.as_database_error().unwrap().constraint(), Some(constraint));
        }
    }

    #[sqlx::test]
    async fn offers_are_found_by_each_filter(pool: PgPool) {
        let other_company = Offer { company_id: Uuid::from_u128(101), ..numbered(3, |_| ()) };
        let draft = Offer { state: State::Draft, ..numbered(4, |_| ()) };
        let cook = numbered(5, |c| c.job_id = "cook".to_owned());
        let june = numbered(6, |c| {
            c.start_date = Some(date(2027, 6, 1));
            c.end_date = Some(date(2027, 6, 30));
            c.apply_by = None;
        });
        stored(&pool, &[numbered(1, |_| ()), other_company, draft, cook, june]).await;
        let find = async |filter: Filter| listed(&pool, filter, Order::Oldest).await;

        let company_id = Some(Uuid::from_u128(101));
        assert_eq!(find(Filter { company_id, ..published() }).await, [3]);
        assert_eq!(find(Filter { states: vec![State::Draft], ..Filter::default() }).await, [4]);
        let job_ids = Some(vec!["cook".to_owned(), "waiter".to_owned()]);
        assert_eq!(find(Filter { job_ids, ..published() }).await, [5]);
        assert_eq!(find(Filter { job_ids: Some(vec![]), ..published() }).await, []);
        let open = |day| Filter { open_on: Some(day), ..published() };
        assert_eq!(find(open(date(2027, 6, 1))).await, [1, 3, 5, 6]);
        assert_eq!(find(open(date(2027, 6, 2))).await, [1, 3, 5]);
        assert_eq!(find(open(date(2027, 8, 2))).await, []);
        let days = |from, to| Filter { from_date: from, to_date: to, ..published() };
        assert_eq!(find(days(None, Some(date(2027, 6, 1)))).await, [6]);
        assert_eq!(find(days(Some(date(2027, 7, 1)), None)).await, [1, 3, 5]);
        assert_eq!(find(days(Some(date(2027, 6, 30)), Some(date(2027, 6, 30)))).await, [6]);
        assert_eq!(find(days(Some(date(2027, 7, 1)), Some(date(2027, 8, 24)))).await, []);
    }

    #[sqlx::test]
    async fn offers_are_found_by_their_words(pool: PgPool) {
        let numbered = numbered(1, |content| {
            content.external_reference = "REF-2027/17".to_owned();
            content.title.insert("de".to_owned(), "Weinlesehelfer in Fleurie".to_owned());
        });
        stored(&pool, &[numbered]).await;
        let find = async |text: &str| {
            let filter = Filter { text: Some(text.to_owned()), ..published() };
            !listed(&pool, filter, Order::Newest).await.is_empty()
        };

        for text in [
            "vendangeur",
            "BEAUJOLAIS vendangeur",
            "weinlesehelfer",
            "fleurie",
            "logés",
            "REF-2027/17",
        ] {
            assert!(find(text).await, "{text}");
        }
        for text in
            ["cuisinier", "vendangeur cuisinier", "fr", "%", "'; drop table offer; --", "\"", "((("]
        {
            assert!(!find(text).await, "{text}");
        }
    }

    #[sqlx::test]
    async fn every_order_is_whole_and_pages_do_not_overlap(pool: PgPool) {
        let days =
            [None, Some(date(2027, 1, 5)), Some(date(2027, 1, 5)), Some(date(2027, 1, 4)), None];
        let hours = [3, 1, 1, 2, 5];
        for (number, (day, hour)) in (1_u128..).zip(days.into_iter().zip(hours)) {
            let offer = numbered(number, |c| {
                (c.start_date, c.end_date, c.apply_by) = (day, None, None);
            });
            let create_time = now() + jiff::SignedDuration::from_hours(hour);
            stored(&pool, &[Offer { create_time, ..offer }]).await;
        }
        let mut db = pool.acquire().await.unwrap();

        for (order, expected) in [
            (Order::Newest, [5, 1, 4, 3, 2]),
            (Order::Oldest, [2, 3, 4, 1, 5]),
            (Order::Earliest, [4, 2, 3, 1, 5]),
            (Order::Latest, [5, 1, 3, 2, 4]),
        ] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = list(&mut db, &published(), order, after, 1).await.unwrap();
                let Some(offer) = page.first() else { break };
                seen.push(offer.id.0.as_u128());
                after = Some(Place::from(offer));
            }
            assert_eq!(seen, expected, "{order:?}");
        }
    }
}
