#!/usr/bin/env bash
# Asks the gateway as one caller what its document allows and what it forbids. Fails where an answer
# is a 5xx, has a status that the document does not declare, or is not what it declares.
#
#   TOKEN=$(./dev token employer) integration/clients/schemathesis.sh DOCUMENT URL [CONFIG]
#
# CONFIG is a schemathesis.toml, which may name ids that exist. Without TOKEN nobody is signed in.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
schemathesis=${SCHEMATHESIS:-$here/../../.dev/tools/clients/python/bin/schemathesis}

checks=not_a_server_error,status_code_conformance,content_type_conformance
checks+=,response_schema_conformance,response_headers_conformance
arguments=(
  --phases coverage,fuzzing --max-examples 20 --seed 1 --no-shrink --continue-on-failure
  --checks "$checks" --warnings off --suppress-health-check all --workers 1
)
[[ -z ${TOKEN:-} ]] || arguments+=(--header "Authorization: Bearer $TOKEN")
"$schemathesis" --no-color ${3:+--config-file "$3"} run "$1" --url "$2" "${arguments[@]}"
