# Müraciət: razılıq, ailə üzvləri, yoxlama, göndərmə.

apply-consent = Ailə məlumatınızı dövlət qurumlarından alaq?
    .error = Məlumatı dövlət qurumlarından alaq? 1 və ya 2:
    .opt-agree = Razıyam
    .opt-decline = Xeyr
apply-declined =
    Razılığınız olmadan müraciəti qəbul edə bilmirik.
    Sualınız varsa: 142

apply-members = Ailə üzvləri: siz+{ $members-count }
    .add = Əlavə et
    .done = Hamısı budur
    .remove = Sil
    .which = Kimi silək?
    .item = { $relation } { $fin }
    .duplicate = Bu FİN artıq yazılıb.
apply-fix-members = Ailə üzvləri: siz+{ $members-count }
    .add = Əlavə et
    .done = Hamısı budur
    .remove = Sil
    .which = Kimi silək?
    .item = { $relation } { $fin }
    .duplicate = Bu FİN artıq yazılıb.

apply-review =
    { $fin }, { $card-series } { $card-number }
    Notariat: { $notary }
    Ailə: siz+{ $members-count }
    { $district }
    Bank: { $branch }
    .sms =
        { $fin }, { $card-series } { $card-number }
        Notariat: { $notary }
        Ailə: siz+{ $members-count }
        { $district }
        Bank: { $branch }
        Sayğac nömrəsi: işıq - { $meter-electricity }, su - { $meter-water }, qaz - { $meter-gas }
        Düzdür?
    .opt-send = Göndər
    .opt-correct = Düzəlt
apply-correct = Nə səhvdir?
    .error = Yenə seçin:
    .opt-applicant = FİN/vəsiqə
    .opt-notary = Notariat
    .opt-members = Ailə
    .opt-place = Yer, bank
    .opt-meters = Sayğac

# Son ekranlar. Nömrə və tarixlər SMS ilə də gəlir.
apply-registered =
    Qeydiyyat { $send-registered-on }
    { $send-reference }
    Qərar { $send-decide-by }-dək
    Pul verməyin. 142
apply-undated =
    { $send-reference } qeydə alındı
    Qərar günü hələ bilinmir
    Pulsuz, pul verməyin. 142
apply-awaiting =
    Saxlandı: { $send-reference }
    Notarius nömrəsi: *7142*2#
    Pulsuz, pul verməyin. 142
apply-already =
    Müraciət artıq var:
    { $send-reference }
    Tarix: { $send-registered-on }
    Pulsuz, pul verməyin. 142
apply-limited =
    Bu telefondan 30 gündə 3 nəfər müraciət edib. Başqa telefondan edin.
    Kömək: 142
apply-recorded =
    Məlumatınız saxlandı. Nömrə SMS ilə gələcək.
    Pulsuz, pul verməyin. 142
apply-not-registered =
    Hələ qeydə alınmayıb. Cavablar 3 gün qalır.
    Sonra yığın: *7142#
    Kömək: 142
    .sms =
        Hələ qeydə alınmayıb. Cavablar 3 gün qalır.
        Sonra yazın: MURACIET
        Kömək: 142
