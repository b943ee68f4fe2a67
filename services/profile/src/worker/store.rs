//! Workers in the database.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Certificate, Language, Location, Profile, Worker};
use crate::error::Result;

/// Reads workers: the columns once, whatever follows them.
macro_rules! select {
    ($tail:literal, $($argument:expr),+) => {
        sqlx::query!(
            r#"select id, given_name, family_name, birth_date, gender, phone, about,
                      languages as "languages: Json<Vec<Language>>", licences,
                      certificates as "certificates: Json<Vec<Certificate>>",
                      right_to_work_countries, base_place, base_latitude, base_longitude,
                      mobility_km, relocate, visibility, hidden_from_company_ids,
                      create_time, update_time, revision
               from worker "# + $tail,
            $($argument),+
        )
        .map(|row| Worker {
            id: row.id,
            profile: Profile {
                given_name: row.given_name,
                family_name: row.family_name,
                birth_date: row.birth_date.map(Date::from),
                gender: row.gender,
                phone: row.phone,
                about: row.about,
                languages: row.languages.0,
                licences: row.licences.into_iter().collect(),
                certificates: row.certificates.0,
                right_to_work_countries: row.right_to_work_countries.into_iter().collect(),
                base_place: row.base_place,
                base_location: row
                    .base_latitude
                    .zip(row.base_longitude)
                    .map(|(latitude, longitude)| Location { latitude, longitude }),
                mobility_km: row.mobility_km,
                relocate: row.relocate,
                visibility: row.visibility,
                hidden_from_company_ids: row.hidden_from_company_ids.into_iter().collect(),
            },
            create_time: row.create_time.to_jiff(),
            update_time: row.update_time.to_jiff(),
            revision: row.revision,
        })
    };
}

/// The worker with this id.
pub(crate) async fn find(db: &mut PgConnection, id: Uuid) -> Result<Option<Worker>> {
    Ok(select!("where id = $1", id).fetch_optional(db).await?)
}

/// The same, kept from others' changes until the transaction ends.
pub(crate) async fn lock(db: &mut PgConnection, id: Uuid) -> Result<Option<Worker>> {
    Ok(select!("where id = $1 for update", id).fetch_optional(db).await?)
}

/// Makes the worker's profile, empty; one that is there stays as it is.
pub(crate) async fn insert(db: &mut PgConnection, id: Uuid, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into worker (
             id, given_name, family_name, birth_date, gender, phone, about, languages, licences,
             certificates, right_to_work_countries, base_place, base_latitude, base_longitude,
             mobility_km, relocate, visibility, hidden_from_company_ids,
             create_time, update_time, revision
         ) values (
             $1, '', '', null, '', '', '', '[]', '{}',
             '[]', '{}', '', null, null,
             0, false, 'VERIFIED_EMPLOYERS', '{}',
             $2, $2, 1
         ) on conflict on constraint worker_is_found_by_id do nothing",
        id,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes back a worker that was locked.
pub(crate) async fn save(db: &mut PgConnection, worker: &Worker) -> Result<()> {
    let profile = &worker.profile;
    let licences: Vec<_> = profile.licences.iter().cloned().collect();
    let countries: Vec<_> = profile.right_to_work_countries.iter().cloned().collect();
    let hidden_from: Vec<_> = profile.hidden_from_company_ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update worker set
             given_name = $2, family_name = $3, birth_date = $4, gender = $5, phone = $6, about = $7,
             languages = $8, licences = $9, certificates = $10, right_to_work_countries = $11,
             base_place = $12, base_latitude = $13, base_longitude = $14, mobility_km = $15,
             relocate = $16, visibility = $17, hidden_from_company_ids = $18,
             update_time = $19, revision = $20
         where id = $1",
        worker.id,
        profile.given_name,
        profile.family_name,
        profile.birth_date.map(Date::to_sqlx) as _,
        profile.gender,
        profile.phone,
        profile.about,
        Json(&profile.languages) as _,
        &licences as _,
        Json(&profile.certificates) as _,
        &countries as _,
        profile.base_place,
        profile.base_location.map(|point| point.latitude),
        profile.base_location.map(|point| point.longitude),
        profile.mobility_km,
        profile.relocate,
        profile.visibility as _,
        &hidden_from as _,
        worker.update_time.to_sqlx() as _,
        worker.revision,
    )
    .execute(db)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::*;
    use crate::fixture::{now, worker};

    #[sqlx::test]
    async fn a_new_worker_is_empty(pool: PgPool) {
        let mut db = pool.acquire().await.unwrap();
        let id = worker().id;

        insert(&mut db, id, now()).await.unwrap();

        assert_eq!(find(&mut db, id).await.unwrap(), Some(Worker::empty(id, now())));
    }

    #[sqlx::test]
    async fn a_worker_that_is_there_is_not_made_again(pool: PgPool) {
        let mut db = pool.acquire().await.unwrap();
        insert(&mut db, worker().id, now()).await.unwrap();
        save(&mut db, &worker()).await.unwrap();

        insert(&mut db, worker().id, now()).await.unwrap();

        assert_eq!(find(&mut db, worker().id).await.unwrap(), Some(worker()));
    }

    #[sqlx::test]
    async fn everything_that_is_saved_is_read_again(pool: PgPool) {
        let mut db = pool.acquire().await.unwrap();
        let worker = Worker { revision: 2, ..worker() };
        insert(&mut db, worker.id, now()).await.unwrap();

        save(&mut db, &worker).await.unwrap();

        assert_eq!(lock(&mut db, worker.id).await.unwrap(), Some(worker));
    }

    #[sqlx::test]
    async fn who_is_not_there_is_none(pool: PgPool) {
        let mut db = pool.acquire().await.unwrap();

        assert_eq!(find(&mut db, worker().id).await.unwrap(), None);
        assert_eq!(lock(&mut db, worker().id).await.unwrap(), None);
    }
}
