# Sourced: makes a virtual environment under build/, once for each content of its requirements.

# venv NAME REQUIREMENTS: build/venv/NAME, with what the file asks for.
venv() {
  local folder=build/venv/$1 wanted=$2
  cmp -s "$wanted" "$folder/requirements.txt" && return
  rm -rf "$folder"
  python3 -m venv "$folder" &&
    "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$wanted" &&
    cp "$wanted" "$folder/requirements.txt"
}
