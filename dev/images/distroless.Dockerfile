# Nothing but public CAs, time zones and names of users: no shell, no libc.
FROM foxflow/debian:bookworm AS files
RUN mkdir -p /out/etc/ssl/certs /out/usr/share /out/home /out/var/tmp \
 && install -d -m 1777 /out/tmp \
 && install -d -m 0700 -o 65532 -g 65532 /out/home/nonroot \
 && cp /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/ \
 && cp -a /usr/share/zoneinfo /out/usr/share/ \
 && printf '%s\n' root:x:0:0:root:/root:/sbin/nologin nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin \
    nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin >/out/etc/passwd \
 && printf '%s\n' root:x:0: nobody:x:65534: nonroot:x:65532: >/out/etc/group

FROM scratch
LABEL foxflow.stand-in="the files of distroless/static, taken from Debian"
COPY --from=files /out/ /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532
WORKDIR /home/nonroot
