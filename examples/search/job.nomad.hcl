job "search" {
  group "search" {
    count = 1

    task "search" {
      driver       = "docker"
      kill_timeout = "60s"

      config {
        image = "opensearchproject/opensearch:2.19.1"
        args  = ["opensearch", "-Ediscovery.type=single-node"]

        mount {
          type   = "volume"
          source = "search"
          target = "/usr/share/opensearch/data"

          volume_options {
            driver_config {
              name = "ebs"

              options {
                size = "50GiB"
                uid  = "1000"
                gid  = "1000"
                mode = "0750"
              }
            }
          }
        }
      }

      env {
        OPENSEARCH_INITIAL_ADMIN_PASSWORD = "change-me-1A!"
        OPENSEARCH_JAVA_OPTS              = "-Xms1g -Xmx1g"
      }

      resources {
        cpu    = 500
        memory = 2048
      }
    }
  }
}
