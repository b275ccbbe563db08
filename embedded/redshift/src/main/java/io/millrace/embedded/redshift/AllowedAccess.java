package io.millrace.embedded.redshift;

import io.millrace.embedded.redshift.CopyStatement.Access;
import java.util.Set;

/**
 * By which rights COPY may read.
 *
 * @param roles ARNs; empty for any
 * @param accessKeyIds empty for any
 */
record AllowedAccess(Set<String> roles, Set<String> accessKeyIds) {
  AllowedAccess {
    roles = Set.copyOf(roles);
    accessKeyIds = Set.copyOf(accessKeyIds);
  }

  boolean allows(Access.Role role) {
    return roles.isEmpty() || roles.contains(role.arn());
  }

  boolean allows(Access.Keys keys) {
    return accessKeyIds.isEmpty() || accessKeyIds.contains(keys.accessKeyId());
  }
}
