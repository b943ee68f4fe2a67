//! Members as messages.

use chassis::time::moment;
use proto::profile::v1 as pb;

use super::Member;

impl From<Member> for pb::Member {
    fn from(member: Member) -> Self {
        Self {
            id: member.id.to_string(),
            company_id: member.company_id.to_string(),
            user_id: member.user_id.map(|id| id.to_string()).unwrap_or_default(),
            role: member.role.number(),
            state: member.state.number(),
            invite_email: member.invite_email,
            expire_time: member.expire_time.map(moment),
            create_time: Some(moment(member.create_time)),
            update_time: Some(moment(member.update_time)),
            revision: member.revision,
        }
    }
}
