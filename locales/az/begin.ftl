# Müraciətdən əvvəl: artıq müraciəti olan bunu bilsin.

begin-has-awaiting = Müraciət: { $find-reference }
    .error = Müraciət var. Seçin:
    .sms = Müraciətiniz var: { $find-reference }. Qərar üçün notarius nömrəsi lazımdır.
    .opt-number = Notarius nömrəsi
    .opt-status = Bax
    .opt-other = Başqa ailə
begin-has = Müraciətiniz var: { $find-reference }
    .error = Müraciət var. Seçin:
    .opt-status = Müraciətim
    .opt-other = Başqa ailə üçün
