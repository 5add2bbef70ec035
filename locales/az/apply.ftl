# Müraciət: razılıq, ailə üzvləri, yoxlama, göndərmə.

apply-consent = Ailənizin məlumatını dövlətdən alırıq
    .opt-agree = Razıyam
    .opt-decline = Xeyr
apply-declined =
    Razılıq olmadan müraciət qəbul edilmir.
    Kömək: 142

apply-members = Ailə üzvü (sizdən başqa): { $members-count }
    .add = Əlavə et
    .done = Bitdi
    .remove = Sil
    .which = Kimi silək?
    .item = { $relation } { $fin }
    .duplicate = Bu FİN artıq yazılıb.
apply-fix-members = Ailə üzvü (sizdən başqa): { $members-count }
    .add = Əlavə et
    .done = Bitdi
    .remove = Sil
    .which = Kimi silək?
    .item = { $relation } { $fin }
    .duplicate = Bu FİN artıq yazılıb.

apply-review =
    { $fin }, { $card-series } { $card-number }
    Notarial { $notary }
    Ailə: siz+{ $members-count }
    { $district }
    { $branch }
    .sms =
        { $fin }, { $card-series } { $card-number }
        Notarial { $notary }
        Ailə: siz+{ $members-count }
        { $district }
        { $branch }
        İşıq { $meter-electricity }, su { $meter-water }, qaz { $meter-gas }
    .opt-send = Göndər
    .opt-correct = Düzəlt
apply-correct = Düzəliş:
    .opt-applicant = FİN
    .opt-notary = Notarial
    .opt-members = Ailə
    .opt-place = Yer, bank
    .opt-meters = Sayğac

# Son ekranlar. Nömrə və tarixlər SMS ilə də gəlir.
apply-registered =
    Qeydiyyat { $send-registered-on }
    { $send-reference }
    Qərar { $send-decide-by }-dək
    Pulsuz, pul verməyin. 142
apply-awaiting =
    Saxlandı { $send-reference }
    15 gün notarial nömrə ilə başlayır
    Pulsuz, ödəməyin. 142
apply-already =
    Müraciətiniz var:
    { $send-reference }
    { $send-registered-on }
    Pulsuz, pul verməyin. 142
apply-recorded =
    Məlumat saxlandı. Nömrə SMS ilə gələcək.
    Pulsuz, pul verməyin. 142
apply-not-registered =
    Hələ qeydə alınmayıb. Cavablar qalır.
    Sonra yığın: *7142#
    Kömək: 142
    .sms =
        Hələ qeydə alınmayıb. Cavablar qalır.
        Sonra yazın: MURACIET
        Kömək: 142
