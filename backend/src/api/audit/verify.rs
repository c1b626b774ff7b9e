//! `GET /api/v1/audit/verification`.

use crate::{
    api::{context::CallContext, describe::Describe, problem::Answer},
    store::audit,
};
use axum::Json;
use watchfloor_shared::audit::AuditVerification;

pub fn describe() -> Describe {
    Describe::new("audit", "Make every hash again")
        .detail(
            "Says what is wrong first, if anything is. The server says it of its own database: who wants to know it without \
             trusting the server takes an export and runs `watchfloor audit verify`, with a head that was noted before.",
        )
        .answers::<AuditVerification>("What was found")
}

pub async fn handle(mut call: CallContext) -> Answer<Json<AuditVerification>> {
    let (head, broken) = audit::verify(&mut call.tx).await?;
    let caller = call.commit().await?;
    if let Some(broken) = &broken {
        tracing::error!(tenant.id = %caller.tenant(), %broken, "the audit log was changed");
    }
    Ok(Json(AuditVerification {
        head,
        broken: broken.map(|broken| broken.to_string()),
    }))
}
