//! What the tests stand on: a worker, a company, members, callers, and the service on a database. It
//! is 2026-11-20T08:00:00Z until a test moves the clock.

use std::collections::BTreeSet;
use std::time::Duration;

use bus::{Caller, Context, User};
use chassis::{Clock, Ids};
use jiff::Timestamp;
use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres};
use uuid::Uuid;

pub(crate) use chassis::fixture::user_id;

use crate::company::{self, Company, Page, Site, State};
use crate::member::{self, Member, Role};
use crate::worker::{self, Certificate, Language, Location, Profile, Visibility, Worker};

/// The time.
pub(crate) fn now() -> Timestamp {
    chassis::fixture::clock().now()
}

/// So many days on.
pub(crate) fn later(days: u64) -> Timestamp {
    now() + Duration::from_hours(24 * days)
}

/// A profile that is filled in, of the user 7.
pub(crate) fn worker() -> Worker {
    let profile = Profile {
        given_name: "Ivan".to_owned(),
        family_name: "Petrov".to_owned(),
        birth_date: "2005-04-30".parse().ok(),
        gender: "male".to_owned(),
        phone: "+33612345678".to_owned(),
        about: "Six seasons in the vines.".to_owned(),
        languages: vec![Language { language_code: "fr".to_owned(), level: 4 }],
        licences: BTreeSet::from(["b".to_owned(), "forklift".to_owned()]),
        certificates: vec![Certificate {
            code: "first-aid".to_owned(),
            title: "PSC1".to_owned(),
            issue_date: "2026-05-01".parse().ok(),
            expire_date: None,
        }],
        right_to_work_countries: BTreeSet::from(["BG".to_owned(), "FR".to_owned()]),
        base_place: "Beaune".to_owned(),
        base_location: Some(Location { latitude: 47.02, longitude: 4.84 }),
        mobility_km: 40,
        relocate: true,
        visibility: Visibility::Public,
        hidden_from_company_ids: BTreeSet::from([company_id(4)]),
    };
    Worker { profile, ..Worker::empty(user_id(7), now()) }
}

/// A company that nobody has checked.
pub(crate) fn company() -> Company {
    let page = Page {
        legal_name: "Domaine des Tilleuls SARL".to_owned(),
        trade_name: "Les Tilleuls".to_owned(),
        registration_number: "FR 732 829 320".to_owned(),
        country_code: "FR".to_owned(),
        sites: vec![Site {
            label: "North vineyard".to_owned(),
            place: "Beaune".to_owned(),
            location: Some(Location { latitude: 47.02, longitude: 4.84 }),
        }],
        sector: "agriculture".to_owned(),
        about: [("en".to_owned(), "Wine since 1890.".to_owned())].into(),
        website: "https://tilleuls.example".to_owned(),
        contact_email: "contact@tilleuls.example".to_owned(),
        contact_phone: "+33380000000".to_owned(),
    };
    Company::new(company_id(1), page, now())
}

/// The company with this number, without a number in the register.
pub(crate) fn unregistered(number: u128) -> Company {
    let page = Page { registration_number: String::new(), ..company().page };
    Company::new(company_id(number), page, now())
}

/// A company id that is told by its number.
pub(crate) fn company_id(number: u128) -> company::Id {
    company::Id(Uuid::from_u128(number))
}

/// An active member: of companies and users of small numbers, in their order.
pub(crate) fn member(company: u128, user: u128, role: Role) -> Member {
    let id = member::Id(Uuid::from_u128(1_000 * company + user));
    Member { role, ..Member::founder(id, company_id(company), user_id(user), now()) }
}

/// An invitation, younger than all [`member`]s.
pub(crate) fn invitation(company: u128, number: u128, email: &str) -> Member {
    let id = member::Id(Uuid::from_u128(1_000_000 + number));
    Member::invite(id, company_id(company), email, Role::Viewer, now())
}

/// A request of the employer with this number.
pub(crate) fn employer(number: u128) -> Context {
    chassis::fixture::user(number, &["employer"])
}

/// A request of an admin.
pub(crate) fn admin() -> Context {
    chassis::fixture::user(99, &["admin"])
}

/// A request of nobody.
pub(crate) fn anonymous() -> Context {
    Context::for_test(Caller::Anonymous)
}

/// The same request, of a caller with this verified address.
pub(crate) fn with_email(mut context: Context, email: &str) -> Context {
    if let Caller::User(User { email: verified, .. }) = &mut context.caller {
        *verified = Some(email.to_owned());
    }
    context
}

/// The service on a database of its own.
pub(crate) struct World {
    pub(crate) worker: worker::Rpc,
    pub(crate) company: company::Rpc,
    pub(crate) member: member::Rpc,
    pub(crate) clock: Clock,
    pool: PgPool,
}

impl World {
    pub(crate) async fn new(pool: &PgPool) -> Self {
        let clock = chassis::fixture::clock();
        let db = chassis::fixture::db(pool, &clock).await.unwrap();
        let ids = Ids::counted(clock.clone());
        Self {
            worker: worker::Rpc::new(db.clone(), clock.clone()),
            company: company::Rpc::new(db.clone(), clock.clone(), ids.clone()),
            member: member::Rpc::new(db, clock.clone(), ids),
            clock,
            pool: pool.clone(),
        }
    }

    /// A connection to look at the tables.
    pub(crate) async fn db(&self) -> PoolConnection<Postgres> {
        self.pool.acquire().await.unwrap()
    }

    /// Puts a company into the table, with these users as members.
    pub(crate) async fn add_company(&self, company: &Company, members: &[(u128, Role)]) {
        let mut db = self.db().await;
        company::store::insert(&mut db, company).await.unwrap();
        for (user, role) in members {
            let member = member(company.id.0.as_u128(), *user, *role);
            member::store::insert(&mut db, &member).await.unwrap();
        }
    }

    /// Puts a company in this state into the table, with these users as members.
    pub(crate) async fn add_company_in(
        &self,
        number: u128,
        state: State,
        members: &[(u128, Role)],
    ) {
        let page = Page { registration_number: format!("N{number}"), ..company().page };
        let company = Company { page, state, ..unregistered(number) };
        self.add_company(&company, members).await;
    }

    /// Puts a worker into the table.
    pub(crate) async fn add_worker(&self, worker: &Worker) {
        let mut db = self.db().await;
        worker::store::insert(&mut db, worker.id, worker.create_time).await.unwrap();
        worker::store::save(&mut db, worker).await.unwrap();
    }
}
