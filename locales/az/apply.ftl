# Müraciət: razılıq, ailə üzvləri, yoxlama, göndərmə.

apply-consent = Ailənizin məlumatını dövlətdən alaq?
    .error = Razısınız? 1 və ya 2 yazın:
    .opt-agree = Razıyam
    .opt-decline = Xeyr
apply-declined =
    Razılığınız olmadan müraciəti qəbul edə bilmirik.
    Sualınız olsa: 142

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
    .opt-send = Göndər
    .opt-correct = Düzəlt
apply-correct = Nə düzəlsin?
    .error = Yenə seçin:
    .opt-applicant = FİN/vəsiqə
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
    Saxlandı: { $send-reference }
    15 gün notarial nömrə ilə başlayır
    Pulsuz, ödəməyin. 142
apply-already =
    Müraciətiniz artıq var:
    { $send-reference }
    { $send-registered-on }
    Pulsuz, pul verməyin. 142
apply-recorded =
    Məlumatınız saxlandı. Nömrə SMS ilə gələcək.
    Pulsuz, pul verməyin. 142
apply-not-registered =
    Hələ qeydə alınmayıb. Cavablarınız qalır.
    Sonra yığın: *7142#
    Kömək: 142
    .sms =
        Hələ qeydə alınmayıb. Cavablarınız qalır.
        Sonra yazın: MURACIET
        Kömək: 142
