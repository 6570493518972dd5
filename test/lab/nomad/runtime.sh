#!/bin/sh
# runc for privileged containers on a machine that lacks CAP_SYS_RESOURCE, and so cannot give it to them.
bundle=
previous=
for word in "$@"; do
  [ "$previous" = --bundle ] && bundle=$word
  previous=$word
done
[ -n "$bundle" ] && sed -i 's/"CAP_SYS_RESOURCE",//g; s/,"CAP_SYS_RESOURCE"//g' "$bundle/config.json"
exec runc "$@"
