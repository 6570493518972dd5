job "cassandra" {
  group "cassandra" {
    count = 1

    task "cassandra" {
      driver       = "docker"
      kill_timeout = "120s"

      config {
        image = "cassandra:5.0"

        mount {
          type   = "volume"
          source = "cassandra"
          target = "/var/lib/cassandra"

          volume_options {
            driver_config {
              name = "ebs"

              options {
                size   = "50GiB"
                fsType = "xfs"
                uid    = "999"
                gid    = "999"
                mode   = "0750"
              }
            }
          }
        }
      }

      env {
        CASSANDRA_CLUSTER_NAME = "example"
        MAX_HEAP_SIZE          = "1G"
        HEAP_NEWSIZE           = "200M"
        # It syncs its log before it acknowledges a write.
        JVM_EXTRA_OPTS         = "-Dcassandra.config.allow_system_properties=true -Dcassandra.settings.commitlog_sync=batch"
      }

      resources {
        cpu    = 500
        memory = 2048
      }
    }
  }
}
