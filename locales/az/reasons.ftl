# İmtina səbəbləri: SMS-də və ekranda "Səbəb:" sözündən sonra gəlir.

reason-identity = vəsiqə məlumatı uyğun gəlmir
reason-notary = notarial ərizə təsdiqlənmədi
reason-residence = yaşayış yeri uyğun gəlmir
reason-family = ailə tərkibi uyğun gəlmir
reason-income = orta aylıq gəlir { $income }, hədd { $limit }
reason-vehicle = ailədə nəqliyyat vasitəsi var
reason-entry = qanunda göstərilən əsas yoxdur
