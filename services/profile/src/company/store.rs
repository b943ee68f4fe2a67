//! Companies in the database.

use std::collections::BTreeMap;

use chassis::OnConstraint as _;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Company, Id, Page, Site, State};
use crate::error::{Error, Result};

/// The index that keeps two companies from sharing a number.
const NUMBER_IS_UNIQUE: &str = "company_is_unique_by_country_and_registration_number";

/// Reads companies: the columns once, whatever follows them.
macro_rules! select {
    ($tail:literal, $($argument:expr),+) => {
        sqlx::query!(
            r#"select id, legal_name, trade_name, registration_number, country_code,
                      sites as "sites: Json<Vec<Site>>", sector,
                      about as "about: Json<BTreeMap<String, String>>", website,
                      contact_email, contact_phone, verification_state, verification_reason,
                      create_time, update_time, revision
               from company "# + $tail,
            $($argument),+
        )
        .map(|row| Company {
            id: row.id,
            page: Page {
                legal_name: row.legal_name,
                trade_name: row.trade_name,
                registration_number: row.registration_number,
                country_code: row.country_code,
                sites: row.sites.0,
                sector: row.sector,
                about: row.about.0,
                website: row.website,
                contact_email: row.contact_email,
                contact_phone: row.contact_phone,
            },
            state: row.verification_state,
            reason: row.verification_reason,
            create_time: row.create_time.to_jiff(),
            update_time: row.update_time.to_jiff(),
            revision: row.revision,
        })
    };
}

/// The company with this id.
pub(crate) async fn find(db: &mut PgConnection, id: Id) -> Result<Option<Company>> {
    Ok(select!("where id = $1", id.0).fetch_optional(db).await?)
}

/// The same, kept from others' changes until the transaction ends. Who changes its members locks the
/// company first, so that two changes see each other.
pub(crate) async fn lock(db: &mut PgConnection, id: Id) -> Result<Option<Company>> {
    Ok(select!("where id = $1 for update", id.0).fetch_optional(db).await?)
}

/// All companies, in one state where it is given, newest first.
pub(crate) async fn list(
    db: &mut PgConnection,
    state: Option<State>,
    after: Option<Id>,
    limit: i64,
) -> Result<Vec<Company>> {
    let companies = select!(
        "where ($1::text is null or verification_state = $1) and ($2::uuid is null or id < $2)
         order by id desc limit $3",
        state as _,
        after.map(|id| id.0),
        limit
    );
    Ok(companies.fetch_all(db).await?)
}

/// The companies that the user is an active member of, in one state where it is given, newest first.
pub(crate) async fn list_of_member(
    db: &mut PgConnection,
    user_id: Uuid,
    state: Option<State>,
    after: Option<Id>,
    limit: i64,
) -> Result<Vec<Company>> {
    let companies = select!(
        "where id in (select company_id from member where user_id = $1 and state = 'ACTIVE')
           and ($2::text is null or verification_state = $2) and ($3::uuid is null or id < $3)
         order by id desc limit $4",
        user_id,
        state as _,
        after.map(|id| id.0),
        limit
    );
    Ok(companies.fetch_all(db).await?)
}

/// Adds a company.
///
/// # Errors
///
/// [`Error::RegistrationNumberTaken`]
pub(crate) async fn insert(db: &mut PgConnection, company: &Company) -> Result<()> {
    let page = &company.page;
    sqlx::query!(
        "insert into company (
             id, legal_name, trade_name, registration_number, registration_key, country_code, sites,
             sector, about, website, contact_email, contact_phone, verification_state,
             verification_reason, create_time, update_time, revision
         ) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        company.id.0,
        page.legal_name,
        page.trade_name,
        page.registration_number,
        page.registration_key(),
        page.country_code,
        Json(&page.sites) as _,
        page.sector,
        Json(&page.about) as _,
        page.website,
        page.contact_email,
        page.contact_phone,
        company.state as _,
        company.reason,
        company.create_time.to_sqlx() as _,
        company.update_time.to_sqlx() as _,
        company.revision,
    )
    .execute(db)
    .await
    .map(drop)
    .on_constraint(NUMBER_IS_UNIQUE, || Error::RegistrationNumberTaken)
}

/// Writes back a company that was locked.
///
/// # Errors
///
/// [`Error::RegistrationNumberTaken`]
pub(crate) async fn save(db: &mut PgConnection, company: &Company) -> Result<()> {
    let page = &company.page;
    sqlx::query!(
        "update company set
             legal_name = $2, trade_name = $3, registration_number = $4, registration_key = $5,
             country_code = $6, sites = $7, sector = $8, about = $9, website = $10,
             contact_email = $11, contact_phone = $12, verification_state = $13,
             verification_reason = $14, update_time = $15, revision = $16
         where id = $1",
        company.id.0,
        page.legal_name,
        page.trade_name,
        page.registration_number,
        page.registration_key(),
        page.country_code,
        Json(&page.sites) as _,
        page.sector,
        Json(&page.about) as _,
        page.website,
        page.contact_email,
        page.contact_phone,
        company.state as _,
        company.reason,
        company.update_time.to_sqlx() as _,
        company.revision,
    )
    .execute(db)
    .await
    .map(drop)
    .on_constraint(NUMBER_IS_UNIQUE, || Error::RegistrationNumberTaken)
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::*;
    use crate::fixture::{company, company_id, member, user_id};
    use crate::member::{self, Role};

    fn numbered(number: u128, registration_number: &str) -> Company {
        let page = Page { registration_number: registration_number.to_owned(), ..company().page };
        Company { id: company_id(number), page, ..company() }
    }

    fn ids(companies: Result<Vec<Company>>) -> Vec<Id> {
        companies.unwrap().into_iter().map(|company| company.id).collect()
    }

    #[sqlx::test]
    async fn everything_that_is_inserted_is_read_again(pool: PgPool) {
        let mut db = pool.acquire().await.unwrap();

        insert(&mut db, &company()).await.unwrap();

        assert_eq!(find(&mut db, company().id).await.unwrap(), Some(company()));
        assert_eq!(find(&mut db, company_id(99)).await.unwrap(), None);
    }

    #[sqlx::test]
    async fn everything_that_is_saved_is_read_again(pool: PgPool) {
        let mut db = pool.acquire().await.unwrap();
        let page = Page { legal_name: "Other".to_owned(), sites: vec![], ..company().page };
        insert(&mut db, &company()).await.unwrap();
        let changed = Company {
            page,
            state: State::Rejected,
            reason: "not in the register".to_owned(),
            revision: 2,
            ..company()
        };

        save(&mut db, &changed).await.unwrap();

        assert_eq!(lock(&mut db, company().id).await.unwrap(), Some(changed));
    }

    #[sqlx::test]
    async fn a_number_is_taken_in_any_spelling_in_its_country_alone(pool: PgPool) {
        let mut db = pool.acquire().await.unwrap();
        insert(&mut db, &numbered(1, "FR 12.345-a")).await.unwrap();
        let mut swiss = numbered(3, "FR 12.345-a");
        swiss.page.country_code = "CH".to_owned();

        let inserted = insert(&mut db, &numbered(2, "fr12345A")).await;
        insert(&mut db, &swiss).await.unwrap();
        insert(&mut db, &numbered(4, "other")).await.unwrap();
        let saved = save(&mut db, &numbered(4, "FR/12345/A")).await;

        assert!(matches!(inserted, Err(Error::RegistrationNumberTaken)));
        assert!(matches!(saved, Err(Error::RegistrationNumberTaken)));
    }

    #[sqlx::test]
    async fn companies_without_a_number_do_not_collide(pool: PgPool) {
        let mut db = pool.acquire().await.unwrap();

        insert(&mut db, &numbered(1, "")).await.unwrap();
        insert(&mut db, &numbered(2, "")).await.unwrap();

        assert_eq!(ids(list(&mut db, None, None, 9).await).len(), 2);
    }

    #[sqlx::test]
    async fn companies_are_listed_by_state_newest_first_page_by_page(pool: PgPool) {
        let mut db = pool.acquire().await.unwrap();
        for number in 1..=5 {
            let state = if number == 2 { State::Rejected } else { State::Unverified };
            let company = Company { state, ..numbered(number, "") };
            insert(&mut db, &company).await.unwrap();
        }
        let unverified = Some(State::Unverified);

        let first = ids(list(&mut db, unverified, None, 2).await);
        let second = ids(list(&mut db, unverified, first.last().copied(), 9).await);
        let all = ids(list(&mut db, None, None, 9).await);

        assert_eq!(first, [5, 4].map(company_id));
        assert_eq!(second, [3, 1].map(company_id));
        assert_eq!(all, [5, 4, 3, 2, 1].map(company_id));
    }

    #[sqlx::test]
    async fn a_member_lists_the_companies_he_may_act_for(pool: PgPool) {
        let mut db = pool.acquire().await.unwrap();
        for number in 1..=4 {
            insert(&mut db, &numbered(number, "")).await.unwrap();
        }
        let removed = member::Member { state: member::State::Removed, ..member(3, 7, Role::Owner) };
        let members = [
            member(1, 7, Role::Owner),
            member(2, 7, Role::Viewer),
            removed,
            member(4, 8, Role::Owner),
        ];
        for member in &members {
            member::store::insert(&mut db, member).await.unwrap();
        }

        let first = list_of_member(&mut db, user_id(7), None, None, 1).await;
        let next = list_of_member(&mut db, user_id(7), None, Some(company_id(2)), 9).await;
        let verified = list_of_member(&mut db, user_id(7), Some(State::Verified), None, 9).await;

        assert_eq!(ids(first), [company_id(2)]);
        assert_eq!(ids(next), [company_id(1)]);
        assert_eq!(ids(verified), []);
    }
}
