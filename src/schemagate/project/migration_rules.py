"""Which mistakes can a migration file hold? Each has a page: `schemagate explain MG22`."""

from __future__ import annotations

from typing import Final

from schemagate.findings import Rule

RULES: Final = (
    Rule("F01", "unknown-key", "every key of a TOML file is known"),
    Rule("F02", "file-name-is-id", "a file is named after the id inside"),
    Rule("F03", "value-as-described", "every required key is there, with a value of its type"),
    Rule("MG01", "known-type", "the migration's type, its event and the versions are known"),
    Rule("MG02", "state-is-backfilled", "a new version of a state brings its entities along"),
    Rule("MG03", "topology-agrees", "topics and fence fit the topology"),
    Rule("MG04", "shared-idempotency-key", "what is sent twice has a key that both share"),
    Rule("MG05", "discriminator-matches", "a discriminator that looks for values is told which"),
    Rule("MG06", "sides-apart", "no record belongs to the old and to the new side"),
    Rule("MG07", "side-has-its-keys", "the old and the new side have the keys of what they are"),
    Rule("MG08", "call-is-repeatable", "a new call is a GET, or has an idempotency header"),
    Rule("MG09", "outbox-is-counted", "a producer with an outbox says how its rows are counted"),
    Rule("MG10", "service-has-manifest", "every service of a plan has a manifest"),
    Rule("MG11", "group-in-manifest", "every consumer group of a plan is in its service's manifest"),
    Rule("MG12", "retired-group-is-gone", "no retired group is declared by a consumer"),
    Rule("MG13", "side-topics-complete", "retry topics and dead letters of every consumer are listed"),
    Rule("MG14", "archive-has-target", "an archived topic says where to"),
    Rule(
        "MG15", "environments-in-order", "environments are known and in order; breaks and changed meanings are stated"
    ),
    Rule("MG16", "probes-complete", "every probe that a check needs is there and complete"),
    Rule("MG17", "quiet-long-enough", "a fence that only watches waits ten minutes or more"),
    Rule("MG18", "enough-approvers", "there are as many teams as approvals"),
    Rule("MG19", "waiver-is-valid", "a waiver names a check that may be waived, with reason, owner and expiry"),
    Rule("MG20", "known-kind", "every step is of a known kind, with the fields of that kind"),
    Rule("MG21", "step-id-is-unique", "every step has an id of its own"),
    Rule("MG22", "step-is-anchored", "a step needs earlier steps, has an actor, and a `do` has evidence"),
)
