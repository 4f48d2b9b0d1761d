"""Every address, by audience."""

from django.urls import URLPattern, URLResolver, include, path

from yinuo.web.kit import errors
from yinuo.web.public import (
    claims,
    home,
    kept,
    launch,
    log,
    log_files,
    moderation,
    overtakes,
    owed,
    quote,
    shared,
    status,
    terms,
    verify,
)

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", status.healthz, name="healthz"),
    path("readyz", status.readyz, name="readyz"),
    path("", home.home),
    path("public", kept.kept),
    path("public/kept.json", kept.download, {"form": "json"}),
    path("public/kept.csv", kept.download, {"form": "csv"}),
    path("public/owed", owed.owed),
    path("public/owed.json", owed.download),
    path("public/terms", terms.terms),
    path("public/terms.json", terms.download),
    path("public/terms/<slug:code>.json", terms.download_clause),
    path("public/terms/<slug:code>", terms.clause),
    path("public/queue", overtakes.overtakes),
    path("public/queue.json", overtakes.overtakes_json),
    path("public/queue.csv", overtakes.overtakes_csv),
    path("log/head", log.head),
    path("log/head.json", log.head_json),
    path("log/<int:n>", log.entry),
    path("log/<int:n>.json", log.entry_json),
    path("log/<int:n>.tlog-proof", log.proof),
    path("log/<int:n>.receipt", log.receipt),
    path("log/<int:n>.leaf", log.leaf_text),
    path("log/<path:name>", log_files.serve),
    path("public/claims", claims.claims),
    path("public/claims.json", claims.download),
    path("public/claims/<slug:code>.json", claims.download_claim),
    path("public/claims/<slug:code>", claims.claim),
    path("public/claims/<slug:code>/evidence/<slug:public_id>", claims.evidence),
    path("public/moderation", moderation.moderation),
    path("public/moderation.json", moderation.download),
    path("public/moderation/<slug:public_id>.json", moderation.download_post),
    path("public/moderation/<slug:public_id>", moderation.post),
    path("verify", verify.verify),
    path("verify/<str:code>", verify.verify),
    path("r/<str:token>", shared.shared),
    path("quote", quote.quote),
    path("quote/<str:public_id>", quote.kept),
    path("launch/<str:code>", launch.launch),
    path("api/", include("yinuo.web.api.urls")),
    path("", include("yinuo.web.customer.urls")),
    path("staff/", include("yinuo.web.console.urls")),
]
