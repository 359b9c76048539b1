# Go as this machine has it.
FROM foxflow/debian:bookworm
LABEL foxflow.stand-in="Go of the machine that made it, on Debian, without git and C compiler"
COPY VERSION go.env /usr/local/go/
COPY bin /usr/local/go/bin
COPY lib /usr/local/go/lib
COPY pkg /usr/local/go/pkg
COPY src /usr/local/go/src
ENV GOPATH=/go GOTOOLCHAIN=local PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN install -d -m 1777 /go /go/bin /go/src
WORKDIR /go
