# Sourced: finds the version that a server would take.

# newest BASE: the highest number below a folder of versions.
newest() {
  find "$1" -mindepth 1 -maxdepth 1 -type d -name '[0-9]*' -exec basename {} \; | sort -n | tail -n 1
}
