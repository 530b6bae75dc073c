# Sourced: a Maven repository with Graft in it that is not yours, for applications of their own.

# own_repository FOLDER MODULES: what ~/.m2 holds, and these modules of Graft, installed there and nowhere else.
own_repository() {
  local usual=$HOME/.m2/repository
  mkdir -p "$1"
  if [ -d "$usual" ]; then # links where that can be, copies elsewhere
    cp -aln "$usual/." "$1" 2>/dev/null || cp -an "$usual/." "$1"
    # Maven writes these where they lie, and so through a link into yours.
    find "$1" \( -name _remote.repositories -o -name resolver-status.properties \) -delete
  fi
  rm -rf "$1/dev/graft"
  mvn -B -ntp -q -Dmaven.repo.local="$1" -Dmaven.test.skip -Djacoco.skip -Dspotless.check.skip -pl "$2" -am install
}
