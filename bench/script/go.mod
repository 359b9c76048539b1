module foxflow/bench/script

go 1.26.0

require golang.org/x/time v0.3.0
