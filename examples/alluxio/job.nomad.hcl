job "alluxio" {
  group "alluxio" {
    count = 1

    task "alluxio" {
      driver       = "docker"
      kill_timeout = "60s"

      config {
        image = "alluxio/alluxio:2.9.5"
        args  = ["master"]

        mount {
          type   = "volume"
          source = "alluxio"
          target = "/opt/alluxio/journal"

          volume_options {
            driver_config {
              name = "ebs"

              options {
                size = "10GiB"
                uid  = "1000"
                gid  = "1000"
                mode = "0750"
              }
            }
          }
        }
      }

      env {
        ALLUXIO_JAVA_OPTS = "-Dalluxio.master.hostname=alluxio.example -Dalluxio.master.journal.type=UFS -Dalluxio.master.journal.folder=/opt/alluxio/journal"
      }

      resources {
        cpu    = 500
        memory = 2048
      }
    }
  }
}
