job "hypertable" {
  group "hypertable" {
    count = 1

    task "hypertable" {
      driver       = "docker"
      kill_timeout = "60s"

      config {
        image = "registry.example/hypertable:0.9.8"
        args  = ["start-all-servers.sh", "local"]

        mount {
          type   = "volume"
          source = "hypertable"
          target = "/opt/hypertable/fs"

          volume_options {
            driver_config {
              name = "ebs"

              options {
                size   = "50GiB"
                fsType = "xfs"
              }
            }
          }
        }
      }

      resources {
        cpu    = 500
        memory = 2048
      }
    }
  }
}
